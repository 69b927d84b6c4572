"""Promise in place of proof (告知承诺): decided at once, checked afterwards, an untrue promise noted on the credit."""
