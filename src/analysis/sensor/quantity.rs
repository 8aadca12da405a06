//! Measured quantities: names, usual units, and the range that is plausible on Earth.
//!
//! The default ranges are wide on purpose: they catch broken wires, wrong scales and error codes sent as
//! values (-999, 6553.5), not unusual weather. A site that knows better writes its own.

use std::fmt;
use std::sync::Arc;

/// The unit of sensors that know two states.
pub(crate) const BINARY: &str = "0/1";

/// What a sensor measures.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quantity {
    /// Level of water in a drain, river or underpass.
    WaterLevel,
    /// Smoke.
    Smoke,
    /// Temperature.
    Temperature,
    /// Fine dust up to 2.5 µm.
    Pm25,
    /// Dust up to 10 µm.
    Pm10,
    /// Sound level.
    Noise,
    /// A door's or lid's contact: 1 is open.
    Door,
    /// Combustible or poisonous gas.
    Gas,
    /// Anything else, by a name of the site's own.
    Free(Arc<str>),
}

/// A unit and the range that is plausible in it.
type Unit = (&'static str, [f64; 2]);

const STATE: Unit = (BINARY, [0.0, 1.0]);
/// From a dry pit below the gauge's zero to a reservoir.
const METRES: [Unit; 3] =
    [("m", [-10.0, 100.0]), ("cm", [-1_000.0, 10_000.0]), ("mm", [-10_000.0, 100_000.0])];
/// EN 54-7 detectors alarm below 10 %/m; opaque is 100.
const OBSCURATION: Unit = ("%obs/m", [0.0, 100.0]);
/// From the coldest inhabited places to what a heat detector survives.
const DEGREES: [Unit; 2] = [("°C", [-60.0, 200.0]), ("K", [213.15, 473.15])];
/// Sand storms reach several thousand µg/m³.
const DUST: [Unit; 2] = [("µg/m³", [0.0, 10_000.0]), ("mg/m³", [0.0, 10.0])];
/// From an anechoic room to a jet engine beside the ear.
const SOUND: [Unit; 2] = [("dB", [0.0, 150.0]), ("dB(A)", [0.0, 150.0])];
/// Parts of the lower explosive limit, or of the air.
const GAS: [Unit; 3] = [("%LEL", [0.0, 100.0]), ("ppm", [0.0, 1_000_000.0]), STATE];

impl Quantity {
    /// All that have a name of ours.
    pub const KNOWN: [Quantity; 8] = [
        Quantity::WaterLevel,
        Quantity::Smoke,
        Quantity::Temperature,
        Quantity::Pm25,
        Quantity::Pm10,
        Quantity::Noise,
        Quantity::Door,
        Quantity::Gas,
    ];

    /// The quantity of that name: one of ours, or a free one.
    pub fn named(name: &str) -> Self {
        Quantity::KNOWN
            .into_iter()
            .find(|known| known.name() == name)
            .unwrap_or_else(|| Quantity::Free(name.into()))
    }

    /// Its name in the configuration and in messages.
    pub fn name(&self) -> &str {
        match self {
            Quantity::WaterLevel => "water_level",
            Quantity::Smoke => "smoke",
            Quantity::Temperature => "temperature",
            Quantity::Pm25 => "pm2_5",
            Quantity::Pm10 => "pm10",
            Quantity::Noise => "noise",
            Quantity::Door => "door",
            Quantity::Gas => "gas",
            Quantity::Free(name) => name,
        }
    }

    /// The units it is measured in; empty for a free one, which takes any.
    pub fn units(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.table().iter().map(|(unit, _)| *unit)
    }

    /// The unit that is meant where none is given. None for a free quantity, and for smoke and gas: whether
    /// such a sensor gives a state or a concentration cannot be guessed.
    pub(crate) fn usual_unit(&self) -> Option<&'static str> {
        match self {
            Quantity::Smoke | Quantity::Gas => None,
            other => other.units().next(),
        }
    }

    /// The unit as it is written, from how it may be typed (`ug/m3`, `C`).
    pub(crate) fn unit_typed(&self, typed: &str) -> Option<&'static str> {
        let typed = plain(typed);
        self.units().find(|unit| plain(unit) == typed)
    }

    /// What is plausible in that unit.
    pub(crate) fn usual_range(&self, unit: &str) -> Option<[f64; 2]> {
        if unit == BINARY {
            return Some(STATE.1);
        }
        self.table().iter().find(|(known, _)| *known == unit).map(|(_, range)| *range)
    }

    fn table(&self) -> &'static [Unit] {
        match self {
            Quantity::WaterLevel => &METRES,
            Quantity::Smoke => &[STATE, OBSCURATION],
            Quantity::Temperature => &DEGREES,
            Quantity::Pm25 | Quantity::Pm10 => &DUST,
            Quantity::Noise => &SOUND,
            Quantity::Door => &[STATE],
            Quantity::Gas => &GAS,
            Quantity::Free(_) => &[],
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A unit without what keyboards lack: both Greek mu and the micro sign become `u`, `³` becomes `3`.
fn plain(unit: &str) -> String {
    unit.trim()
        .chars()
        .filter(|c| !matches!(c, '°' | '^' | ' '))
        .map(|c| match c {
            'µ' | 'μ' => 'u',
            '³' => '3',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_and_every_unit_has_a_range() {
        for quantity in Quantity::KNOWN {
            assert_eq!(Quantity::named(quantity.name()), quantity);
            assert!(quantity.units().count() > 0);
            for unit in quantity.units() {
                let [least, most] = quantity.usual_range(unit).expect("a range");
                assert!(least < most);
                assert_eq!(quantity.unit_typed(unit), Some(unit), "{unit} is not found by itself");
            }
        }
        assert_eq!(Quantity::named("soil_moisture"), Quantity::Free("soil_moisture".into()));
        assert_eq!(Quantity::named("soil_moisture").usual_unit(), None);
    }

    #[test]
    fn units_are_found_as_keyboards_write_them() {
        assert_eq!(Quantity::Pm25.unit_typed("ug/m3"), Some("µg/m³"));
        assert_eq!(Quantity::Pm25.unit_typed("μg/m³"), Some("µg/m³"));
        assert_eq!(Quantity::Temperature.unit_typed("C"), Some("°C"));
        assert_eq!(Quantity::WaterLevel.unit_typed("ft"), None);
    }

    #[test]
    fn whether_a_gas_sensor_gives_a_state_is_not_guessed() {
        assert_eq!(Quantity::Gas.usual_unit(), None);
        assert_eq!(Quantity::Smoke.usual_unit(), None);
        assert_eq!(Quantity::Door.usual_unit(), Some(BINARY));
    }
}
