"""Notes what goes out over any interface of this network namespace. For every line read, prints a JSON list of the packets since the last.

Prints 'refused' and ends where raw sockets are not allowed, else 'counting' when it listens.
"""

import json
import select
import socket
import sys

ALL_PROTOCOLS = 3
OUTGOING = 4
ETHERNET_HEADER = 14
PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP"}


def described(interface: str, frame: bytes) -> str:
    """Interface, protocol and destination."""
    packet = frame[ETHERNET_HEADER:]
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return f"{interface}: frame of type 0x{frame[12:14].hex()}"
    transport = packet[(packet[0] & 15) * 4 :]
    protocol = PROTOCOLS.get(packet[9], str(packet[9]))
    port = f":{int.from_bytes(transport[2:4], 'big')}" if packet[9] in (6, 17) else ""
    return f"{interface}: {protocol} to {socket.inet_ntoa(packet[16:20])}{port}"


def main() -> None:
    try:
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    except (AttributeError, PermissionError):
        print("refused", flush=True)
        return
    print("counting", flush=True)
    packets: list[str] = []
    while True:
        ready, _, _ = select.select([wire, sys.stdin], [], [])
        if wire in ready:
            # On the loopback interface every packet passes twice, going out and coming in.
            frame, (interface, _, kind, _, _) = wire.recvfrom(96)
            if kind == OUTGOING:
                packets.append(described(interface, frame))
            continue
        if not sys.stdin.readline():
            return
        print(json.dumps(packets), flush=True)
        packets.clear()


main()
