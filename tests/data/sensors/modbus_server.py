"""A Modbus server for the tests: pymodbus with two devices whose registers never change.

    modbus_server.py tcp PORT
    modbus_server.py rtu-over-tcp PORT
    modbus_server.py rtu DEVICE BAUD

Prints `ready` when it answers. Device 1 and 2 hold the same kinds of things with different values:

    holding 0      u16   1234 (device 2: 4321)
    holding 1      i16   -5
    holding 10, 11 f32   0.31 as ABCD
    holding 12, 13 f32   0.31 as CDAB
    holding 14, 15 f32   0.31 as BADC
    holding 16, 17 f32   0.31 as DCBA
    holding 20, 21 u32   70000
    holding 22, 23 i32   -70000
    input 5        u16   77
    coil 3         on
    discrete 4     on
"""

import asyncio
import struct
import sys

from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


def words(fmt, value):
    return list(struct.unpack(">HH", struct.pack(fmt, value)))


def swapped(word):
    return ((word & 0xFF) << 8) | word >> 8


def device(number, first):
    high, low = words(">f", 0.31)
    holding = [0] * 24
    holding[0] = first
    holding[1] = 0x10000 - 5
    holding[10:12] = [high, low]
    holding[12:14] = [low, high]
    holding[14:16] = [swapped(high), swapped(low)]
    holding[16:18] = [swapped(low), swapped(high)]
    holding[20:22] = words(">I", 70000)
    holding[22:24] = words(">i", -70000)
    inputs = [0] * 6
    inputs[5] = 77
    bits = [False] * 16
    coils, discrete = bits.copy(), bits.copy()
    coils[3] = discrete[4] = True
    blocks = (
        [SimData(0, values=coils, datatype=DataType.BITS)],
        [SimData(0, values=discrete, datatype=DataType.BITS)],
        [SimData(0, values=holding, datatype=DataType.REGISTERS)],
        [SimData(0, values=inputs, datatype=DataType.REGISTERS)],
    )
    return SimDevice(number, blocks)


async def main():
    devices = [device(1, 1234), device(2, 4321)]
    if sys.argv[1] == "tcp":
        server = ModbusTcpServer(devices, address=("127.0.0.1", int(sys.argv[2])))
    elif sys.argv[1] == "rtu-over-tcp":
        server = ModbusTcpServer(devices, framer=FramerType.RTU, address=("127.0.0.1", int(sys.argv[2])))
    else:
        server = ModbusSerialServer(
            devices,
            framer=FramerType.RTU,
            port=sys.argv[2],
            baudrate=int(sys.argv[3]),
            ignore_missing_devices=True,
        )
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
