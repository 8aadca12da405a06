//! Zones, lines, masks and the horizon of a camera, as they are drawn, put into the file.
//!
//! Zones and lines count by their id, masks of all layers together, the horizon value by value (`config::layers`). So what
//! a layer draws is left there where it is the same, and said where the camera alone cannot be without it.

use toml_edit::{Item, Table, TableLike, Value};

use super::{Horizon, Mask, Shapes, entries, entry_mut, id_of, number, points, push, put, remove_at, set_at};
use crate::config::pattern::Pattern;
use crate::text::{Sentence, config_edit as say};

/// Closer than this, in parts of the picture, two points are one: half of the last digit that is written.
const SAME: f64 = 0.000_05;

/// What a camera has beneath it.
struct Layer {
    /// As a path names it.
    name: String,
    table: Table,
}

pub(super) fn set(root: &mut Table, id: &str, shapes: &Shapes) -> Result<(), Sentence> {
    let layers = layers(root, id);
    let camera = entry_mut(root, "camera", id).ok_or_else(|| say::no_camera(id))?;
    let zones: Vec<_> = shapes.zones.iter().map(|(id, polygon)| (id.as_str(), polygon.as_slice())).collect();
    let lines: Vec<_> = shapes.lines.iter().map(|(id, ends)| (id.as_str(), ends.as_slice())).collect();
    let zones = set_named(camera, ("zone", "polygon"), &zones, &shapes.renamed_zones, &layers)?;
    let lines = set_named(camera, ("line", "points"), &lines, &shapes.renamed_lines, &layers)?;
    for (id, _) in &shapes.zones {
        set_counted(camera, id, shapes.counted_zones.contains(id), &layers);
    }
    set_masks(camera, &shapes.masks, &layers)?;
    set_horizon(camera, shapes.horizon.as_ref(), &layers)?;
    rename_in_rules(root, id, "zone", &zones);
    rename_in_rules(root, id, "line", &lines);
    Ok(())
}

/// What the rules call it that watch this camera and no other: elsewhere the name may mean another one.
fn rename_in_rules(root: &mut Table, camera: &str, field: &str, renamed: &[(String, String)]) {
    if renamed.is_empty() {
        return;
    }
    let follow: Vec<bool> = {
        let root = &*root;
        let there = cameras(root);
        entries(root, "rule").into_iter().map(|rule| is_of_this_alone(rule, camera, &there)).collect()
    };
    for (rule, follows) in super::entries_mut(root, "rule").into_iter().zip(follow) {
        if !follows {
            continue;
        }
        let conditions = rule.iter_mut().filter_map(|(_, item)| item.as_table_like_mut());
        for condition in conditions {
            let called = condition.get(field).and_then(Item::as_str);
            let now = renamed.iter().find(|(was, _)| called == Some(was)).map(|(_, now)| now);
            if let Some(now) = now {
                put(condition, field, now.into());
            }
        }
    }
}

/// A camera by all that rules may name it by, that of its layers included.
struct Camera<'t> {
    id: Option<&'t str>,
    like: Option<&'t str>,
    eye: Option<&'t str>,
}

fn cameras(root: &Table) -> Vec<Camera<'_>> {
    let types = entries(root, "camera_type");
    let of_all =
        root.get("defaults").and_then(|defaults| defaults.as_table_like()?.get("camera")?.as_table_like());
    let all = entries(root, "camera").into_iter().map(|camera| {
        let like = word(camera, "like");
        let of_type = types.iter().copied().find(|one| like.is_some() && id_of(*one) == like);
        let mut tables = [Some(camera), of_type, of_all].into_iter().flatten();
        Camera { id: id_of(camera), like, eye: tables.find_map(|table| word(table, "eye")) }
    });
    all.collect()
}

fn word<'t>(table: &'t dyn TableLike, name: &str) -> Option<&'t str> {
    table.get(name)?.as_str()
}

/// The rules that watch this camera and no other, by id.
pub(super) fn rules_of_alone(root: &Table, camera: &str) -> Vec<String> {
    let there = cameras(root);
    let rules = entries(root, "rule").into_iter().filter(|rule| is_of_this_alone(*rule, camera, &there));
    rules.filter_map(|rule| id_of(rule).map(str::to_owned)).collect()
}

/// The type that is this camera's and no other's.
pub(super) fn type_of_alone(root: &Table, camera: &str) -> Option<String> {
    let there = cameras(root);
    let like = there.iter().find(|one| one.id == Some(camera))?.like?;
    let is_others = there.iter().any(|one| one.id != Some(camera) && one.like == Some(like));
    (!is_others).then(|| like.to_owned())
}

/// Whether a rule watches this camera and no other, in whichever way it names what it watches.
fn is_of_this_alone(rule: &dyn TableLike, camera: &str, there: &[Camera<'_>]) -> bool {
    let names = rule.get("cameras").and_then(Item::as_array);
    let eye = word(rule, "eye");
    let is_watched = |one: &Camera<'_>| match names {
        Some(names) => names
            .iter()
            .filter_map(|name| Pattern::read(name.as_str()?))
            .any(|pattern| pattern.names(one.id.unwrap_or_default(), one.like)),
        None => eye.is_some() && one.eye == eye,
    };
    let watched: Vec<&Camera<'_>> = there.iter().filter(|one| is_watched(one)).collect();
    !watched.is_empty() && watched.iter().all(|one| one.id == Some(camera))
}

/// Its type, then the defaults.
fn layers(root: &Table, id: &str) -> Vec<Layer> {
    let camera = entries(root, "camera").into_iter().find(|camera| id_of(*camera) == Some(id));
    let like = camera.and_then(|camera| camera.get("like")?.as_str());
    let of_type = like.and_then(|like| {
        let is_it = |one: &&dyn TableLike| id_of(*one) == Some(like);
        let found = entries(root, "camera_type").into_iter().find(is_it)?;
        Some(Layer { name: format!("camera_type.{like}"), table: owned(found) })
    });
    let of_all =
        root.get("defaults").and_then(|defaults| defaults.as_table_like()?.get("camera")?.as_table_like());
    let of_all = of_all.map(|table| Layer { name: "defaults.camera".to_owned(), table: owned(table) });
    of_type.into_iter().chain(of_all).collect()
}

/// A copy that stands nowhere in the file yet.
fn owned(table: &dyn TableLike) -> Table {
    table.iter().map(|(name, item)| (name.to_owned(), item.clone())).collect()
}

/// The points that stand there, as far as they are some.
fn typed(table: &dyn TableLike, name: &str) -> Vec<[f64; 2]> {
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let point = |point: &Value| {
        let point = point.as_array()?;
        Some([number(point.get(0)?)?, number(point.get(1)?)?])
    };
    let all = table.get(name).and_then(Item::as_array);
    all.into_iter().flat_map(|all| all.iter().filter_map(point)).collect()
}

fn is_same(typed: &[[f64; 2]], wanted: &[[f32; 2]]) -> bool {
    let near = |(one, other): (&f64, &f32)| (one - number(*other)).abs() <= SAME;
    typed.len() == wanted.len()
        && typed.iter().zip(wanted).all(|(one, other)| one.iter().zip(other).all(near))
}

/// Zones or lines. A shape that is called otherwise keeps its place, its remarks and whatever else it says; those that are
/// called otherwise now come back, by what they were called and what they are.
fn set_named(
    camera: &mut dyn TableLike,
    (list, field): (&str, &str),
    wanted: &[(&str, &[[f32; 2]])],
    said: &[(String, String)],
    layers: &[Layer],
) -> Result<Vec<(String, String)>, Sentence> {
    let mut ids: Vec<&str> = wanted.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|two| two[0] == two[1]) {
        return Err(say::name_twice(twice[0]));
    }
    let is_wanted = |id: Option<&str>| wanted.iter().any(|(wanted, _)| Some(*wanted) == id);
    for layer in layers {
        if let Some(gone) = entries(&layer.table, list).into_iter().find(|entry| !is_wanted(id_of(*entry))) {
            return Err(say::shape_of_layer(id_of(gone).unwrap_or_default(), &layer.name));
        }
    }
    let beneath: Vec<&dyn TableLike> = layers.iter().flat_map(|layer| entries(&layer.table, list)).collect();
    let were = old_names(&entries(camera, list), &beneath, field, wanted, said);
    // All at once: a name may go from one to another.
    let mut gone = Vec::new();
    for (at, entry) in super::entries_mut(camera, list).into_iter().enumerate() {
        let was = id_of(&*entry).map(str::to_owned);
        match were.iter().position(|known| known.is_some() && *known == was).map(|number| wanted[number].0) {
            Some(now) if was.as_deref() != Some(now) => put(entry, "id", now.into()),
            Some(_) => {}
            None => gone.push(at),
        }
    }
    for at in gone.into_iter().rev() {
        remove_at(camera, list, at);
    }
    for (&(id, drawn), was) in wanted.iter().zip(&were) {
        if let Some(entry) = entry_mut(camera, list, id) {
            if !is_same(&typed(entry, field), drawn) {
                put(entry, field, points(drawn));
            }
            continue;
        }
        let in_layer = |name: &str| beneath.iter().copied().find(|entry| id_of(*entry) == Some(name));
        if in_layer(id).is_some_and(|entry| is_same(&typed(entry, field), drawn)) {
            continue;
        }
        // The whole entry takes the layer's place, so it keeps what else that says.
        let mut entry = in_layer(was.as_deref().unwrap_or(id)).map_or_else(Table::new, owned);
        put(&mut entry, "id", id.into());
        put(&mut entry, field, points(drawn));
        push(camera, list, entry);
    }
    let renamed = wanted.iter().zip(were).filter_map(|((id, _), was)| Some((was?, (*id).to_owned())));
    Ok(renamed.filter(|(was, now)| was != now).collect())
}

/// What each of those that are wanted is called in the file; `None`: it is new. What somebody says of it counts first, then
/// its name. Of one that has neither, that is known if it stayed where it was. Nothing in the file is two of them.
fn old_names<'t>(
    own: &[&'t dyn TableLike],
    beneath: &[&'t dyn TableLike],
    field: &str,
    wanted: &[(&str, &[[f32; 2]])],
    said: &[(String, String)],
) -> Vec<Option<String>> {
    let is_there = |id: &str| own.iter().chain(beneath).any(|entry| id_of(*entry) == Some(id));
    let mut were: Vec<Option<String>> = vec![None; wanted.len()];
    for (was, now) in said {
        let Some(at) = wanted.iter().position(|(id, _)| *id == now.as_str()) else { continue };
        if were[at].is_none() && is_there(was) && is_unclaimed(&were, was) {
            were[at] = Some(was.clone());
        }
    }
    for (at, (id, _)) in wanted.iter().enumerate() {
        if were[at].is_none() && is_there(id) && is_unclaimed(&were, id) {
            were[at] = Some((*id).to_owned());
        }
    }
    for (at, (_, drawn)) in wanted.iter().enumerate() {
        if were[at].is_none() {
            let stayed = own.iter().filter(|entry| is_same(&typed(**entry, field), drawn));
            let stayed = stayed.filter_map(|entry| id_of(*entry)).find(|id| is_unclaimed(&were, id));
            were[at] = stayed.map(str::to_owned);
        }
    }
    were
}

fn is_unclaimed(were: &[Option<String>], id: &str) -> bool {
    were.iter().flatten().all(|was| was != id)
}

/// Whether a zone that is there is counted. A layer's is taken over where it says otherwise.
fn set_counted(camera: &mut dyn TableLike, id: &str, wanted: bool, layers: &[Layer]) {
    let is_counted = |zone: &dyn TableLike| zone.get("count").and_then(Item::as_bool).unwrap_or(false);
    let set = |zone: &mut dyn TableLike| match wanted {
        true => put(zone, "count", true.into()),
        false => super::take_out(zone, "count"),
    };
    if let Some(own) = entry_mut(camera, "zone", id) {
        if is_counted(own) != wanted {
            set(own);
        }
        return;
    }
    let beneath = layers.iter().flat_map(|layer| entries(&layer.table, "zone"));
    let beneath = beneath.into_iter().find(|zone| id_of(*zone) == Some(id)).map(owned);
    if let Some(mut zone) = beneath.filter(|zone| is_counted(zone) != wanted) {
        set(&mut zone);
        push(camera, "zone", zone);
    }
}

fn classes(mask: &dyn TableLike) -> Vec<String> {
    let classes = mask.get("classes").and_then(Item::as_array);
    classes.into_iter().flat_map(|all| all.iter()).filter_map(|one| Some(one.as_str()?.to_owned())).collect()
}

fn is_mask(typed_mask: &dyn TableLike, wanted: &Mask) -> bool {
    is_same(&typed(typed_mask, "polygon"), &wanted.polygon) && classes(typed_mask) == wanted.classes
}

fn set_masks(camera: &mut dyn TableLike, wanted: &[Mask], layers: &[Layer]) -> Result<(), Sentence> {
    let mut left: Vec<&Mask> = wanted.iter().collect();
    let mut own: Vec<usize> = Vec::new();
    // Each typed mask is taken once; those of the camera itself first, so that nothing is written twice.
    for (at, mask) in entries(camera, "mask").into_iter().enumerate() {
        match left.iter().position(|wanted| is_mask(mask, wanted)) {
            Some(same) => drop(left.remove(same)),
            None => own.push(at),
        }
    }
    for layer in layers {
        for mask in entries(&layer.table, "mask") {
            match left.iter().position(|wanted| is_mask(mask, wanted)) {
                Some(same) => drop(left.remove(same)),
                None => return Err(say::mask_of_layer(&layer.name)),
            }
        }
    }
    let mut left = left.into_iter();
    let mut gone = Vec::new();
    for at in own {
        match (left.next(), super::entries_mut(camera, "mask").into_iter().nth(at)) {
            (Some(mask), Some(entry)) => draw(entry, mask),
            (None, _) => gone.push(at),
            (Some(_), None) => {}
        }
    }
    for at in gone.into_iter().rev() {
        remove_at(camera, "mask", at);
    }
    for mask in left {
        let mut entry = Table::new();
        draw(&mut entry, mask);
        push(camera, "mask", entry);
    }
    Ok(())
}

fn draw(entry: &mut dyn TableLike, mask: &Mask) {
    if !is_same(&typed(entry, "polygon"), &mask.polygon) {
        put(entry, "polygon", points(&mask.polygon));
    }
    if classes(entry) == mask.classes {
        return;
    }
    match mask.classes.is_empty() {
        true => super::take_out(entry, "classes"),
        false => put(entry, "classes", Value::Array(mask.classes.iter().collect())),
    }
}

fn set_horizon(
    camera: &mut dyn TableLike,
    wanted: Option<&Horizon>,
    layers: &[Layer],
) -> Result<(), Sentence> {
    let Some(wanted) = wanted else {
        if let Some(layer) = layers.iter().find(|layer| layer.table.contains_key("horizon")) {
            return Err(say::horizon_of_layer(&layer.name));
        }
        super::take_out(camera, "horizon");
        return Ok(());
    };
    let said = {
        let beneath = layers.iter().map(|layer| &layer.table as &dyn TableLike);
        let above: Vec<&dyn TableLike> = std::iter::once(&*camera).chain(beneath).collect();
        let horizons = || above.iter().filter_map(|table| table.get("horizon")?.as_table_like());
        let drawn = horizons().find(|horizon| horizon.contains_key("points"));
        let height = horizons().find_map(|horizon| horizon.get("camera_height_m"));
        let height =
            height.and_then(|item| item.as_float().or_else(|| item.as_integer().map(|whole| whole as f64)));
        let is_same_height =
            height.is_some_and(|height| (height - number(wanted.camera_height_m)).abs() <= SAME);
        (drawn.is_some_and(|horizon| is_same(&typed(horizon, "points"), &wanted.points)), is_same_height)
    };
    let key = |name: &str| vec!["horizon".to_owned(), name.to_owned()];
    if !said.0 {
        set_at(camera, &key("points"), Some(&points(&wanted.points)))?;
    }
    if !said.1 {
        let height = Value::from(number(wanted.camera_height_m));
        set_at(camera, &key("camera_height_m"), Some(&height))?;
    }
    Ok(())
}
