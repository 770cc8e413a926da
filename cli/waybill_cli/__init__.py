"""The command line of Waybill. It needs nothing of the platform: a receiver installs it alone."""
