"""The platform's promises about time and failures, tried at full size against answers that are found in another way."""
