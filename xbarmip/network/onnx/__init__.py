"""Reader for ONNX files: `read_onnx` turns a model into a `Network`."""

from xbarmip.network.onnx.reader import read_onnx

__all__ = ["read_onnx"]
