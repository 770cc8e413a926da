"""What Waybill knows, without AWS, I/O or a clock: every function here is a function of its arguments."""
