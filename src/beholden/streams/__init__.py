"""Live video: one supervised loop per running stream processor."""
