"""The sweep: layers are decided one after another, in all labels that may still meet the target."""
