"""Money for devices: what a run would cost, who consented to it, and what was spent.

No request and no argument of a tool authorises money. A run on a device needs a quote, and for the quote the
consent of a person or a budget that is written in the server's configuration.
"""
