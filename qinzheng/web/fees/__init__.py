"""The fees of a case on its page: by the item's list, with receipts, waivers and refunds."""
