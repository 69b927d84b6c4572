"""The window (窗口): queue tickets and calling, appointments, and what stands at a service point's counters.

Each point has one queue a day. Whoever is called before its turn is called for a reason of the definition (kind ``window``),
and that is an event. Enquiries (首问负责) are cases of ``windows.enquiry`` and need nothing here. ADR 0036.
"""
