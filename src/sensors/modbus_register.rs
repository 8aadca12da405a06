//! The register of a Modbus query, over TCP or RTU: what the configuration says, and what people write instead.

use std::time::Duration;

use super::SourceCheck;
use super::modbus::RegisterQuery;
use crate::text::{sensor as text, source as say};
use crate::types::at::{At, secs_or, value_of};
use crate::types::modbus;

/// The number most devices ship with.
pub(super) const DEFAULT_UNIT: u8 = 1;
/// Water rises in minutes. A guess.
pub(super) const DEFAULT_POLL_SECS: f64 = 5.0;
/// A gateway to a slow serial line takes a few tenths.
pub(super) const DEFAULT_ANSWER_SECS: f64 = 1.0;

/// The fields of a Modbus query, over TCP or RTU.
pub(super) struct RegisterFields<'d> {
    pub unit: &'d Option<At<u8>>,
    pub register: &'d Option<At<u32>>,
    pub table: &'d Option<At<modbus::Table>>,
    pub kind: &'d Option<At<modbus::Kind>>,
    pub order: &'d Option<At<modbus::Order>>,
    pub poll: &'d Option<At<f64>>,
    pub timeout: &'d Option<At<f64>>,
    pub connect_pause: &'d Option<At<f64>>,
    pub any_unit: bool,
}

impl RegisterFields<'_> {
    /// The question; `None` if something is wrong with it, which is reported.
    pub(super) fn check(&self, check: &mut SourceCheck<'_>) -> Option<RegisterQuery> {
        let usual = value_of(self.table).unwrap_or(modbus::Table::Holding);
        let numbered =
            self.register.as_ref().map(|field| register_number(field, self.table.as_ref(), usual, check));
        let table = numbered.flatten().map_or(usual, |(table, _)| table);
        let is_bit = matches!(table, modbus::Table::Coil | modbus::Table::Discrete);
        let kind = match (self.kind, is_bit) {
            (Some(At { value, .. }), false) => Some(*value),
            (None, true) | (Some(At { value: modbus::Kind::Bool, .. }), true) => Some(modbus::Kind::Bool),
            (Some(At { span, .. }), true) => {
                check.error(span, say::bits_are_bool(), say::try_bool());
                None
            }
            (None, false) => {
                if let Some(register) = self.register.as_ref().filter(|_| !check.slipped("kind")) {
                    check.error(&register.span, say::kind_missing(), say::try_kind());
                }
                None
            }
        };
        let field = self.register.as_ref()?;
        let (_, register) = numbered??;
        let is_double = matches!(kind, Some(modbus::Kind::U32 | modbus::Kind::I32 | modbus::Kind::F32));
        if is_double && register == u16::MAX {
            check.error(&field.span, say::no_second_register(), say::try_counted_from_0());
            return None;
        }
        let if_missing = manual_number(u32::from(register))
            .map(|(table, meant)| text::number_of_manual(register, word(table), meant));
        Some(RegisterQuery {
            unit: value_of(self.unit).unwrap_or(DEFAULT_UNIT),
            table,
            register,
            kind: kind?,
            order: value_of(self.order).unwrap_or(modbus::Order::Big),
            poll: secs_or(self.poll, DEFAULT_POLL_SECS),
            timeout: secs_or(self.timeout, DEFAULT_ANSWER_SECS),
            connect_pause: self.connect_pause.as_ref().map(|field| Duration::from_secs_f64(field.value)),
            any_unit: self.any_unit,
            if_missing,
        })
    }
}

/// The number of a register as the protocol counts, and its table. A manual's six digits can mean nothing else; its five
/// digits are a register's number, too, so they are asked for as they stand, with a word of warning.
fn register_number(
    field: &At<u32>,
    typed: Option<&At<modbus::Table>>,
    table: modbus::Table,
    check: &mut SourceCheck<'_>,
) -> Option<(modbus::Table, u16)> {
    let written = field.value;
    let meant = manual_number(written);
    if let Ok(register) = u16::try_from(written) {
        let is_bit = |table| matches!(table, modbus::Table::Coil | modbus::Table::Discrete);
        if let Some((other, meant)) =
            meant.filter(|(other, _)| typed.is_none() && is_bit(*other) == is_bit(table))
        {
            let hint = say::try_number_of_manual(word(other), meant, word(table));
            check.warning(&field.span, say::register_as_it_stands(written), hint);
        }
        return Some((table, register));
    }
    let Some((other, register)) = meant else {
        check.error(&field.span, say::register_out_of_range(written), say::try_six_digits());
        return None;
    };
    if let Some(typed) = typed.filter(|typed| typed.value != other) {
        let hint = say::try_that_table(word(other), register);
        check.error(&typed.span, say::number_of_table(written, word(other)), hint);
        return None;
    }
    Some((other, register))
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

/// The value as typed.
fn word(table: modbus::Table) -> &'static str {
    match table {
        modbus::Table::Holding => "holding",
        modbus::Table::Input => "input",
        modbus::Table::Coil => "coil",
        modbus::Table::Discrete => "discrete",
    }
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
