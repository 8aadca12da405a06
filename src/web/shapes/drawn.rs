//! Shapes drawn on a camera's picture, between the configuration and a form: as the configuration explains it, as the page's
//! script or the rows of numbers send it, as it is to be written. Must never judge it: that is `config`'s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::analysis::detection::Class;
use crate::config::edit::{self, Shapes};
use crate::config::{Explained, Origin};
use crate::contract::words::Language;
use crate::onvif::half_width;
use crate::text::{Sentence, page_shapes as say};
use crate::web::request::Fields;

/// More rows than fit into a form.
const MOST_ROWS: usize = 500;

/// What is drawn on a camera's picture, as the page's script has it. Points are in parts of the picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drawn {
    pub(super) zones: Vec<Named>,
    pub(super) lines: Vec<Named>,
    pub(super) masks: Vec<Masked>,
    pub(super) horizon: Option<Skyline>,
}

/// A zone or a line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) points: Vec<[f64; 2]>,
    /// What it is called in the file, where that comes back from the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) was: Option<String>,
    /// Whether it is published how many come and go; of zones alone.
    #[serde(default)]
    pub(super) count: bool,
    /// Where in the file it stands, if not in the camera itself.
    #[serde(default)]
    pub(super) layer: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Masked {
    pub(super) points: Vec<[f64; 2]>,
    pub(super) classes: Vec<String>,
    #[serde(default)]
    pub(super) layer: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Skyline {
    pub(super) points: Vec<[f64; 2]>,
    /// How high the camera hangs; `None`: nobody has said it yet.
    pub(super) metres: Option<f64>,
    #[serde(default)]
    pub(super) layer: Option<String>,
}

impl Drawn {
    /// Zones, lines, masks and horizon of a camera, those of its layers included.
    pub(super) fn of(explained: &Explained) -> Self {
        let mut drawn = Drawn::default();
        let mut masks: BTreeMap<usize, Masked> = BTreeMap::new();
        for value in &explained.values {
            let points = || serde_json::from_str(&value.value).unwrap_or_default();
            let layer = match &value.from {
                Origin::Own { .. } | Origin::BuiltIn => None,
                Origin::Type { id, .. } => Some(format!("camera_type.{id}")),
                Origin::Defaults { .. } => Some("defaults.camera".to_owned()),
            };
            let steps: Vec<&str> = value.name.split('.').collect();
            match steps[..] {
                ["zone", name, part @ ("polygon" | "count")] => {
                    let zone = named(&mut drawn.zones, name);
                    zone.layer = layer;
                    match part {
                        "polygon" => zone.points = points(),
                        _ => zone.count = value.value == "true",
                    }
                }
                ["line", name, "points"] => {
                    let line = named(&mut drawn.lines, name);
                    (line.points, line.layer) = (points(), layer);
                }
                ["mask", number, part @ ("polygon" | "classes")] => {
                    let mask = masks.entry(number.parse().unwrap_or(0)).or_default();
                    mask.layer = layer;
                    match part {
                        "polygon" => mask.points = points(),
                        _ => mask.classes = serde_json::from_str(&value.value).unwrap_or_default(),
                    }
                }
                ["horizon", part @ ("points" | "camera_height_m")] => {
                    let horizon = drawn.horizon.get_or_insert_default();
                    // Part of it may stand in the camera.
                    horizon.layer = layer;
                    match part {
                        "points" => horizon.points = points(),
                        _ => horizon.metres = value.value.parse().ok(),
                    }
                }
                _ => {}
            }
        }
        drawn.masks.extend(masks.into_values());
        drawn
    }

    /// What a form holds: of the script's field, else of the rows with numbers.
    pub(super) fn posted(fields: &Fields) -> Result<Self, Sentence> {
        match fields.get("shapes") {
            Some(text) => serde_json::from_str(text).map_err(|_| say::no_form()),
            None => typed(fields),
        }
    }

    /// As the configuration has it.
    pub(super) fn shapes(&self) -> Result<Shapes, Sentence> {
        let points = |points: &[[f64; 2]]| -> Result<Vec<[f32; 2]>, Sentence> {
            let narrow = |[x, y]: &[f64; 2]| [*x as f32, *y as f32];
            let points: Vec<[f32; 2]> = points.iter().map(narrow).collect();
            match points.iter().flatten().all(|number| number.is_finite()) {
                true => Ok(points),
                false => Err(say::no_form()),
            }
        };
        let renamed = |all: &[Named]| -> Vec<(String, String)> {
            let were = all.iter().filter_map(|one| Some((one.was.clone()?, one.name.clone())));
            were.filter(|(was, now)| was != now).collect()
        };
        let zone = |one: &Named| Ok((one.name.clone(), points(&one.points)?));
        let line = |one: &Named| {
            let ends = <[[f32; 2]; 2]>::try_from(points(&one.points)?);
            Ok((one.name.clone(), ends.map_err(|_| say::two_ends(&one.name))?))
        };
        let mask = |one: &Masked| {
            Ok(edit::Mask {
                polygon: points(&one.points)?,
                classes: one.classes.iter().map(|class| class_name(class)).collect(),
            })
        };
        let horizon = self.horizon.as_ref().map(|one| {
            let metres = one.metres.map(|metres| metres as f32).filter(|metres| metres.is_finite());
            let camera_height_m = metres.ok_or_else(say::no_metres)?;
            Ok::<_, Sentence>(edit::Horizon { points: points(&one.points)?, camera_height_m })
        });
        Ok(Shapes {
            zones: self.zones.iter().map(zone).collect::<Result<_, Sentence>>()?,
            counted_zones: self
                .zones
                .iter()
                .filter(|zone| zone.count)
                .map(|zone| zone.name.clone())
                .collect(),
            lines: self.lines.iter().map(line).collect::<Result<_, Sentence>>()?,
            masks: self.masks.iter().map(mask).collect::<Result<_, Sentence>>()?,
            horizon: horizon.transpose()?,
            renamed_zones: renamed(&self.zones),
            renamed_lines: renamed(&self.lines),
        })
    }
}

/// The one of that name, of which nothing may be known yet.
fn named<'d>(all: &'d mut Vec<Named>, name: &str) -> &'d mut Named {
    let at = all.iter().position(|one| one.name == name).unwrap_or_else(|| {
        all.push(Named { name: name.to_owned(), ..Named::default() });
        all.len() - 1
    });
    &mut all[at]
}

fn typed(fields: &Fields) -> Result<Drawn, Sentence> {
    let field = |kind: &str, number: usize, part: &str| fields.get(&format!("{kind}-{number}-{part}"));
    // A row without corners is none.
    let rows = |kind: &'static str| {
        (0..MOST_ROWS).filter_map(move |number| Some((number, field(kind, number, "points")?)))
    };
    let named = |kind: &'static str| {
        let read = |(number, text)| {
            let name = field(kind, number, "name").unwrap_or_default().to_owned();
            let was = field(kind, number, "was").map(str::to_owned);
            let count = field(kind, number, "count").is_some();
            Ok(Named { points: corners(&name, text)?, name, was, count, layer: None })
        };
        rows(kind).map(read).collect::<Result<Vec<_>, Sentence>>()
    };
    let mask = |(number, text): (usize, &str)| {
        let classes = field("mask", number, "classes").unwrap_or_default();
        let classes = classes.split([',', '，', '、', ' ']).map(str::trim).filter(|class| !class.is_empty());
        let points = corners(&(number + 1).to_string(), text)?;
        Ok(Masked { points, classes: classes.map(str::to_owned).collect(), layer: None })
    };
    let horizon = rows("horizon").next().map(|(number, text)| {
        let metres = field("horizon", number, "metres").and_then(|metres| half_width(metres).parse().ok());
        Ok::<_, Sentence>(Skyline { points: corners("horizon", text)?, metres, layer: None })
    });
    Ok(Drawn {
        zones: named("zone")?,
        lines: named("line")?,
        masks: rows("mask").map(mask).collect::<Result<_, Sentence>>()?,
        horizon: horizon.transpose()?,
    })
}

/// One corner a line, two numbers each.
fn corners(name: &str, text: &str) -> Result<Vec<[f64; 2]>, Sentence> {
    let corner = |line: &str| {
        let line = half_width(line);
        let mut numbers = line.split([',', ' ', '\u{3000}', '\t', '[', ']']).filter(|part| !part.is_empty());
        let mut next = || numbers.next()?.parse::<f64>().ok().filter(|number| number.is_finite());
        let point = [next()?, next()?];
        numbers.next().is_none().then_some(point)
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| corner(line).ok_or_else(|| say::no_corners(name, line.trim()))).collect()
}

/// The name in the file of a class that is typed as people call it, in whichever language.
fn class_name(typed: &str) -> String {
    let is_called = |class: &Class, language| class.words().in_language(language).eq_ignore_ascii_case(typed);
    let is_it = |class: &Class| Language::ALL.into_iter().any(|language| is_called(class, language));
    Class::STREET.into_iter().find(is_it).map_or_else(|| typed.to_owned(), |class| class.name().to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const FILE: &str = r#"
[defaults.camera]
mask = [{ polygon = [[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]] }]
[[camera_type]]
id = "lane"
zone = [{ id = "lane", polygon = [[0.1, 0.5], [0.6, 0.5], [0.6, 0.9]] }]
horizon = { points = [[0.0, 0.3], [1.0, 0.25]], camera_height_m = 4 }
[[camera]]
id = "cam-1"
like = "lane"
url = "rtsp://10.0.0.31/s"
[[camera.zone]]
id = "gate"
polygon = [
    [0.25, 0.2], # by the post
    [1, 0.2],
    [0.4, 0.45],
]
count = true
[[camera.line]]
id = "door"
points = [[0.62, 0.6], [0.8, 0.6]]
[[camera.mask]]
polygon = [[0.8, 0], [1, 0], [1, 0.3]]
classes = ["person", "car"]
"#;

    fn explained() -> Explained {
        Explained::of(Path::new("site.toml"), FILE, "cam-1").unwrap()
    }

    #[test]
    fn a_class_may_be_typed_as_people_call_it() {
        for (typed, name) in [
            ("人员", "person"),
            ("Person", "person"),
            ("两轮车", "two_wheeler"),
            ("two-wheeler", "two_wheeler"),
            ("two_wheeler", "two_wheeler"),
            ("goat", "goat"),
        ] {
            assert_eq!(class_name(typed), name);
        }
    }

    #[test]
    fn what_is_drawn_is_read_with_the_layer_that_says_it() {
        let drawn = Drawn::of(&explained());
        let layer = |name: &str| Some(name.to_owned());
        assert_eq!(
            drawn.zones,
            [
                Named {
                    name: "gate".to_owned(),
                    points: vec![[0.25, 0.2], [1.0, 0.2], [0.4, 0.45]],
                    count: true,
                    ..Named::default()
                },
                Named {
                    name: "lane".to_owned(),
                    points: vec![[0.1, 0.5], [0.6, 0.5], [0.6, 0.9]],
                    layer: layer("camera_type.lane"),
                    ..Named::default()
                },
            ]
        );
        assert_eq!(drawn.lines.len(), 1);
        assert_eq!(drawn.lines[0].points, [[0.62, 0.6], [0.8, 0.6]]);
        let classes: Vec<&[String]> = drawn.masks.iter().map(|mask| &mask.classes[..]).collect();
        assert_eq!(classes, [&["person".to_owned(), "car".to_owned()][..], &[]]);
        assert_eq!(drawn.masks[1].layer, layer("defaults.camera"));
        let horizon = drawn.horizon.unwrap();
        assert_eq!((horizon.metres, horizon.layer), (Some(4.0), layer("camera_type.lane")));
    }

    #[test]
    fn what_the_script_sends_back_untouched_changes_nothing_in_the_file() {
        let drawn = Drawn::of(&explained());
        let sent = format!("shapes={}", url_encoded(&serde_json::to_string(&drawn).unwrap()));
        let back = Drawn::posted(&Fields::read(sent.as_bytes())).unwrap();
        assert_eq!(back, drawn);
        let change = edit::Edit::SetShapes { camera: "cam-1".to_owned(), shapes: back.shapes().unwrap() };
        assert_eq!(edit::apply(FILE, &[change]).unwrap(), FILE);
    }

    #[test]
    fn what_a_zone_was_called_comes_back_from_the_script_and_from_the_rows() {
        let script = r#"{"zones":[{"name":"door","was":"gate","points":[[0,0],[1,0],[1,1]]}],"lines":[],"masks":[],"horizon":null}"#;
        let rows = "zone-0-name=door&zone-0-was=gate&zone-0-points=0+0%0A1+0%0A1+1";
        for sent in [format!("shapes={}", url_encoded(script)), rows.to_owned()] {
            let shapes = Drawn::posted(&Fields::read(sent.as_bytes())).unwrap().shapes().unwrap();
            assert_eq!(shapes.renamed_zones, [("gate".to_owned(), "door".to_owned())], "{sent}");
        }
    }

    fn url_encoded(text: &str) -> String {
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
    }

    #[test]
    fn corners_are_read_as_people_write_them() {
        let read = |text: &str| corners("gate", text);
        let points = vec![[0.1, 0.5], [1.0, 0.25]];
        for good in [
            "0.1 0.5\n1 0.25",
            "[0.1, 0.5]\r\n[1, 0.25]\r\n",
            "0.1,0.5\n\n 1，.25 ",
            "０．１，０．５\n１　０.２５",
        ] {
            assert_eq!(read(good).unwrap(), points, "{good}");
        }
        for bad in ["0.1", "0.1 0.5 0.7", "a b", "0.1 NaN", "0.1 inf"] {
            let why = read(bad).unwrap_err().to_string();
            assert!(why.contains(bad) && why.contains("gate"), "{why}");
        }
        assert_eq!(read(" \n ").unwrap(), Vec::<[f64; 2]>::new());
    }

    #[test]
    fn a_line_has_two_ends_and_a_horizon_a_height() {
        let one = |points: &[[f64; 2]]| Named {
            name: "door".to_owned(),
            points: points.to_vec(),
            ..Named::default()
        };
        let with_line = |points: &[[f64; 2]]| Drawn { lines: vec![one(points)], ..Drawn::default() }.shapes();
        assert!(with_line(&[[0.1, 0.1], [0.2, 0.2]]).is_ok());
        let three = with_line(&[[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]);
        assert!(three.unwrap_err().to_string().contains("door"));
        let level = Skyline { points: vec![[0.0, 0.3], [1.0, 0.3]], metres: None, layer: None };
        for metres in [None, Some(f64::NAN), Some(1e99)] {
            let horizon = Some(Skyline { metres, ..level.clone() });
            let unsaid = Drawn { horizon, ..Drawn::default() };
            assert!(unsaid.shapes().unwrap_err().to_string().contains("metres"), "{metres:?}");
        }
    }
}
