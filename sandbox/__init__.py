"""The whole of Waybill on one machine, without an AWS account and without Docker."""
