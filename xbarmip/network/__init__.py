"""Networks: layers, edges, need maps, and readers for JSON and ONNX files."""
