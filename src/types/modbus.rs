//! What a Modbus device is asked for, and how its frames and numbers are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How Modbus frames are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ModbusFraming")]
pub enum Framing {
    /// With the header of Modbus TCP.
    Tcp,
    /// With a checksum, as on a serial line.
    Rtu,
}

/// Table of a Modbus device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ModbusTable")]
pub enum Table {
    /// Holding registers, function 3.
    Holding,
    /// Input registers, function 4.
    Input,
    /// Coils, function 1.
    Coil,
    /// Discrete inputs, function 2.
    Discrete,
}

/// What Modbus registers hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ModbusKind")]
pub enum Kind {
    /// One register, unsigned.
    U16,
    /// One register, signed.
    I16,
    /// Two registers, unsigned.
    U32,
    /// Two registers, signed.
    I32,
    /// Two registers, IEEE 754.
    F32,
    /// 0 is 0, anything else is 1.
    Bool,
}

/// Order of the bytes of a number in Modbus registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ModbusOrder")]
pub enum Order {
    /// `ABCD`: the standard's.
    Big,
    /// `CDAB`: the low register first.
    WordSwapped,
    /// `BADC`.
    ByteSwapped,
    /// `DCBA`.
    Little,
}

/// Parity of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ModbusParity")]
pub enum Parity {
    /// None: what most devices ship with.
    None,
    /// Even: the standard's default.
    Even,
    /// Odd.
    Odd,
}
