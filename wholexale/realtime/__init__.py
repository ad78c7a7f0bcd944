"""The realtime engine: sockets, groups, order and presence. It knows no app; `wholexale.asgi` lends it what it needs.

A frame's way in: `direct` or any ASGI server -> `gateway` -> `registry` -> a command of an app -> a service.
A push's way out: a service -> `common.realtime` -> `hub` -> `streams` (order) -> `connection` -> the socket, and by
`bus` to the hubs of other processes.
"""
