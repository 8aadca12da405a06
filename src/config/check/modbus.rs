//! Modbus devices: where they are, which of their registers are asked, and what people write instead.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::camera::seconds;
use super::{Checker, value_of};
use crate::config::document::{self, At, ModbusRtuDocument, ModbusTcpDocument};
use crate::config::settings::{ModbusRegister, SensorSource, SerialPort};
use crate::types::modbus;

/// What sensors on one line must agree on, and who said it first.
#[derive(Default)]
pub(super) struct Lines {
    /// By device.
    ports: BTreeMap<String, (SerialPort, String)>,
    /// By host and port.
    framings: BTreeMap<(String, u16), (modbus::Framing, String)>,
}

impl Checker<'_, '_> {
    pub(super) fn modbus_tcp(
        &mut self,
        source: &ModbusTcpDocument,
        span: &Range<usize>,
        owner: &str,
        lines: &mut Lines,
    ) -> Option<SensorSource> {
        let register = self.register(
            &Asked {
                span,
                unit: &source.unit,
                register: &source.register,
                table: &source.table,
                kind: &source.kind,
                order: &source.order,
                poll: &source.poll_secs,
                timeout: &source.timeout_secs,
                connect_pause: &source.connect_pause_secs,
                any_unit: value_of(&source.any_unit).unwrap_or(false),
            },
            owner,
        );
        let field = source.address.as_ref()?;
        let Some((host, port)) = host_and_port(field.value.trim()) else {
            self.report.error(&field.span, format!("{owner}: `address` must be a host and a port")).hint(
                "for example \"10.0.0.8:502\", without `tcp://`; framing = \"rtu\" for a serial server",
            );
            return None;
        };
        let framing = value_of(&source.framing).unwrap_or(modbus::Framing::Tcp);
        let line = (host.clone(), port);
        let (first, by) = lines.framings.entry(line).or_insert_with(|| (framing, owner.to_owned()));
        if *first != framing {
            let at = source.framing.as_ref().map_or(&field.span, |framing| &framing.span);
            self.report
                .error(at, format!("{owner}: speaks with the same address in another framing than {by}"))
                .hint("one serial server has one framing: give all of its sensors the same");
            return None;
        }
        Some(SensorSource::ModbusTcp { host, port, framing, register: register? })
    }

    pub(super) fn modbus_rtu(
        &mut self,
        source: &ModbusRtuDocument,
        span: &Range<usize>,
        owner: &str,
        lines: &mut Lines,
    ) -> Option<SensorSource> {
        let register = self.register(
            &Asked {
                span,
                unit: &source.unit,
                register: &source.register,
                table: &source.table,
                kind: &source.kind,
                order: &source.order,
                poll: &source.poll_secs,
                timeout: &source.timeout_secs,
                connect_pause: &source.connect_pause_secs,
                any_unit: false,
            },
            owner,
        );
        let field = source.device.as_ref()?;
        let device = field.value.trim().to_owned();
        if device.contains("://") || host_and_port(&device).is_some_and(|(host, _)| host.contains('.')) {
            self.report
                .error(
                    &field.span,
                    format!("{owner}: `device` is an address of the network, not a serial port"),
                )
                .hint("modbus_tcp = { address = \"HOST:PORT\", framing = \"rtu\", ... } for a serial server");
            return None;
        }
        if !device.starts_with('/') {
            self.report
                .error(&field.span, format!("{owner}: `device` must be the whole path of a serial port"))
                .hint("for example \"/dev/ttyUSB0\"; `ls /dev/serial/by-id` shows names that stay the same");
            return None;
        }
        let port = SerialPort {
            device: device.clone(),
            baud: value_of(&source.baud).unwrap_or(document::DEFAULT_BAUD),
            parity: value_of(&source.parity).unwrap_or(modbus::Parity::None),
            stop_bits: value_of(&source.stop_bits).unwrap_or(1),
        };
        let (first, by) = lines.ports.entry(device).or_insert_with(|| (port.clone(), owner.to_owned()));
        if *first != port {
            let what = format!("{owner}: sets the serial port otherwise than {by}");
            self.report
                .error(&field.span, what)
                .hint("all devices on one line speak with the same speed and parity");
            return None;
        }
        Some(SensorSource::ModbusRtu { port, register: register? })
    }

    fn register(&mut self, asked: &Asked<'_>, owner: &str) -> Option<ModbusRegister> {
        let usual = value_of(asked.table).unwrap_or(modbus::Table::Holding);
        let numbered = asked
            .register
            .as_ref()
            .map(|field| self.register_number(field, asked.table.as_ref(), usual, owner));
        let table = numbered.flatten().map_or(usual, |(table, _)| table);
        let is_bit = matches!(table, modbus::Table::Coil | modbus::Table::Discrete);
        let kind = match (asked.kind, is_bit) {
            (Some(At { value, .. }), false) => Some(*value),
            (None, true) | (Some(At { value: modbus::Kind::Bool, .. }), true) => Some(modbus::Kind::Bool),
            (Some(At { span, .. }), true) => {
                self.report
                    .error(span, format!("{owner}: coils and discrete inputs hold one bit"))
                    .hint("kind = \"bool\", or leave it out");
                None
            }
            (None, false) => {
                let slipped = self.taken_out.resembles(asked.span.start, "kind");
                if let Some(register) = asked.register.as_ref().filter(|_| !slipped) {
                    self.report.error(&register.span, format!("{owner}: `kind` is missing")).hint(
                        "what the register holds, as its manual says: kind = \"f32\", \"u16\", \"i16\", ...",
                    );
                }
                None
            }
        };
        let field = asked.register.as_ref()?;
        let (_, register) = numbered??;
        let is_double = matches!(kind, Some(modbus::Kind::U32 | modbus::Kind::I32 | modbus::Kind::F32));
        if is_double && register == u16::MAX {
            self.report
                .error(&field.span, format!("{owner}: there is no second register after 65535"))
                .hint("registers are counted from 0: 40018 in a manual is register 17");
            return None;
        }
        let if_missing = manual_number(u32::from(register)).map(|(table, meant)| {
            format!(
                "if {register} is the manual's number, set table = \"{}\", register = {meant}",
                word(table)
            )
        });
        Some(ModbusRegister {
            unit: value_of(asked.unit).unwrap_or(document::DEFAULT_UNIT),
            table,
            register,
            kind: kind?,
            order: value_of(asked.order).unwrap_or(modbus::Order::Big),
            poll: seconds(asked.poll, document::DEFAULT_POLL_SECS),
            timeout: seconds(asked.timeout, document::DEFAULT_ANSWER_SECS),
            connect_pause: asked.connect_pause.as_ref().map(|field| Duration::from_secs_f64(field.value)),
            any_unit: asked.any_unit,
            if_missing,
        })
    }

    /// The number of a register as the protocol counts, and its table. A manual's six digits can mean nothing else; its five
    /// digits are a register's number, too, so they are asked for as they stand, with a word of warning.
    fn register_number(
        &mut self,
        field: &At<u32>,
        typed: Option<&At<modbus::Table>>,
        table: modbus::Table,
        owner: &str,
    ) -> Option<(modbus::Table, u16)> {
        let written = field.value;
        let meant = manual_number(written);
        if let Ok(register) = u16::try_from(written) {
            let is_bit = |table| matches!(table, modbus::Table::Coil | modbus::Table::Discrete);
            if let Some((other, meant)) =
                meant.filter(|(other, _)| typed.is_none() && is_bit(*other) == is_bit(table))
            {
                self.report
                    .warning(&field.span, format!("{owner}: register {written} is asked for as it stands"))
                    .hint(format!(
                        "manuals count from 40001: if this is such a number, set table = \"{}\", register = {meant}; if \
                         not, table = \"{}\" says so",
                        word(other),
                        word(table)
                    ));
            }
            return Some((table, register));
        }
        let Some((other, register)) = meant else {
            self.report
                .error(&field.span, format!("{owner}: `register` must be from 0 to 65535, not {written}"))
                .hint("as a manual writes it: 400001 to 465536 (holding), 300001 to 365536 (input)");
            return None;
        };
        if let Some(typed) = typed.filter(|typed| typed.value != other) {
            let what = format!("{owner}: {written} is a number of table \"{}\"", word(other));
            self.report.error(&typed.span, what).hint(format!(
                "table = \"{}\", register = {register}, or the other number that the manual gives",
                word(other)
            ));
            return None;
        }
        Some((other, register))
    }
}

/// What a manual means by a number: 40001 and 400001 are holding register 0, 30001 and 300001 input register 0, 10001 and
/// 100001 discrete input 0. `None` for a number that no manual writes so.
fn manual_number(written: u32) -> Option<(modbus::Table, u16)> {
    let (kind, number) = match written {
        10_001..=49_999 => (written / 10_000, written % 10_000),
        100_001..=465_536 => (written / 100_000, written % 100_000),
        _ => return None,
    };
    let table = match kind {
        1 => modbus::Table::Discrete,
        3 => modbus::Table::Input,
        4 => modbus::Table::Holding,
        _ => return None,
    };
    Some((table, u16::try_from(number.checked_sub(1)?).ok()?))
}

/// As it is typed.
fn word(table: modbus::Table) -> &'static str {
    match table {
        modbus::Table::Holding => "holding",
        modbus::Table::Input => "input",
        modbus::Table::Coil => "coil",
        modbus::Table::Discrete => "discrete",
    }
}

/// What is asked of a Modbus device, whichever way.
struct Asked<'d> {
    /// Where its table stands.
    span: &'d Range<usize>,
    unit: &'d Option<At<u8>>,
    register: &'d Option<At<u32>>,
    table: &'d Option<At<modbus::Table>>,
    kind: &'d Option<At<modbus::Kind>>,
    order: &'d Option<At<modbus::Order>>,
    poll: &'d Option<At<f64>>,
    timeout: &'d Option<At<f64>>,
    connect_pause: &'d Option<At<f64>>,
    any_unit: bool,
}

/// `10.0.0.8`, `plc.example:1502`, `[fe80::1]:502`.
pub(super) fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':').or(rest.is_empty().then_some("502"))?)
        }
        None => match text.split_once(':') {
            Some(both) => both,
            None => (text, "502"),
        },
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let port: u16 = port.parse().ok().filter(|port| *port > 0)?;
    (!host.is_empty() && host.chars().all(is_host)).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_manuals_are_known() {
        use modbus::Table::{Discrete, Holding, Input};
        for (written, meant) in [
            (40_001, Some((Holding, 0))),
            (40_018, Some((Holding, 17))),
            (49_999, Some((Holding, 9998))),
            (30_001, Some((Input, 0))),
            (10_001, Some((Discrete, 0))),
            (400_001, Some((Holding, 0))),
            (465_536, Some((Holding, 65_535))),
            (300_108, Some((Input, 107))),
            (100_001, Some((Discrete, 0))),
            (0, None),
            (17, None),
            (40_000, None),
            (20_001, None),
            (50_001, None),
            (465_537, None),
            (400_000, None),
            (365_537, None),
        ] {
            assert_eq!(manual_number(written), meant, "{written}");
        }
    }
}
