//! Where things are on the clips of `../shared/videos`, read from the pictures: zones and lines of a camera, in parts of the
//! picture.

/// The whole picture as a zone of that name.
macro_rules! whole {
    ($id:literal) => {
        concat!(
            "\n[[camera.zone]]\nid = \"",
            $id,
            "\"\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n"
        )
    };
}

/// Of the street: a drive at the right edge, in which a vehicle stands.
macro_rules! drive {
    () => {
        "\n[[camera.zone]]\nid = \"drive\"\npolygon = [[0.90, 0.38], [1.0, 0.38], [1.0, 0.58], [0.90, 0.58]]\n"
    };
}

/// A plaza on which people come and go.
macro_rules! plaza {
    () => {
        "\n[[camera.zone]]\nid = \"plaza\"\npolygon = [[0.30, 0.35], [0.995, 0.35], [0.995, 0.99], [0.30, 0.99]]\n"
    };
}

/// `people-one-by-one`: a room with a table; six people come one after another, stand at the table and leave over the right edge.
pub const ROOM: &str = concat!(
    whole!("room"),
    r#"
[[camera.zone]]
id = "table"
polygon = [[0.42, 0.72], [0.72, 0.72], [0.72, 1.0], [0.42, 1.0]]
[[camera.zone]]
id = "window"
polygon = [[0.0, 0.55], [0.22, 0.55], [0.22, 1.0], [0.0, 1.0]]
[[camera.line]]
id = "way-out"
points = [[0.78, 1.0], [0.78, 0.4]]
"#
);

/// `street-cars`: a street from a porch; vehicles come down the near lane, one stands in the drive.
pub const STREET: &str = concat!(
    drive!(),
    r#"
[[camera.zone]]
id = "lane"
polygon = [[0.28, 0.5], [0.6, 0.45], [1.0, 0.75], [1.0, 1.0], [0.4, 1.0]]
[[camera.zone]]
id = "footway"
polygon = [[0.19, 0.72], [0.32, 0.72], [0.36, 1.0], [0.19, 1.0]]
[[camera.line]]
id = "across"
points = [[0.30, 0.68], [0.75, 0.56]]
"#,
    whole!("all")
);

/// `plaza-crowd`: the plaza.
pub const PLAZA: &str = plaza!();

/// Nothing but the whole picture.
pub const ALL: &str = whole!("all");
