//! The appearance of the place of one thing: a few grey levels of its box and of what is around it, and whether two of
//! these show the same.
//!
//! What is around shows the light: where it agrees, the light is the same, and a box that differs then holds something
//! else. Where it does not, nothing can be said of the box. Must never say "the same" where there is too little to see.

use crate::analysis::empty_view::{COLUMNS, Coarse, ROWS};
use crate::analysis::geometry::{BBox, Point};

/// Samples along each side. The middle half of them, each way, lies in the box, the others around it.
const SIDE: usize = 16;
/// Samples of a patch.
pub(crate) const SAMPLES: usize = SIDE * SIDE;

/// Grey levels of a place, row by row.
pub(crate) type Patch = [u8; SAMPLES];
/// Something that is said of each sample.
pub(super) type Flags = [bool; SAMPLES];

/// A smaller box, in cells of the coarse picture, has too few of them to be distinguished from another (a guess: a person of a
/// fifteenth of the picture's height).
const LEAST_COLUMNS: f32 = 3.0;
const LEAST_ROWS: f32 = 6.0;
/// So many samples around the box must be seen, a third of them, and so many in it.
const LEAST_AROUND: u32 = 64;
const LEAST_WITHIN: u32 = 40;
/// Factor of brightness around the box from which on it is another light.
const LEAST_GAIN: f32 = 0.5;
const MOST_GAIN: f32 = 2.0;
/// Samples agree within these, grey levels and parts of the level (as in the empty view, doubled and more: nothing is
/// learnt here of how much each of them varies).
const LEAST_DIFFERENCE: f32 = 8.0;
const RELATIVE_DIFFERENCE: f32 = 0.15;
/// The light is the same where so much of what is around agrees (a guess).
const AROUND_SAME: f32 = 0.8;
/// The box is the same where its samples correlate so well: what stands before it changes the pattern, a weaker light
/// does not (a guess; 0.9 is reached by a still picture with noise, not by somebody who shifts in their seat).
const WITHIN_SAME: f32 = 0.9;
/// A box of less contrast, standard deviation in grey levels, cannot be recognised: a wall, or the dark.
const LEAST_CONTRAST: f32 = 6.0;

/// How a place looks beside how it looked. The surest thing that was found out comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// Around it all is different: nobody can say.
    OtherLight,
    /// The light is the same, and the box holds something else.
    Changed,
    /// Too much of it is hidden, or there is too little to see.
    Unclear,
    /// It looks as it did.
    Same,
}

/// Whether a box is large enough to be looked at.
pub(super) fn is_large_enough(b: &BBox) -> bool {
    b.width() * COLUMNS as f32 >= LEAST_COLUMNS && b.height() * ROWS as f32 >= LEAST_ROWS
}

/// The box and what is around it.
pub(super) fn area(b: &BBox) -> BBox {
    b.grown(b.width() / 2.0, b.height() / 2.0)
}

/// Takes the patch of a box from a picture.
pub(super) fn take(picture: &Coarse, b: &BBox, patch: &mut Patch) {
    let area = area(b);
    for (sample, level) in patch.iter_mut().enumerate() {
        let Point { x, y } = middle(&area, sample);
        let cell = |part: f32, cells: usize| ((part.max(0.0) * cells as f32) as usize).min(cells - 1);
        let at = cell(y, ROWS) * COLUMNS + cell(x, COLUMNS);
        *level = picture.luma.get(at).copied().unwrap_or_default();
    }
}

/// Marks the samples of a box's patch that cannot be seen: outside the picture, or behind one of the other boxes, each with
/// whether it is of something that moves. Returns whether something that moves reaches into the patch.
pub(super) fn mark_hidden(b: &BBox, others: impl Iterator<Item = (BBox, bool)>, hidden: &mut Flags) -> bool {
    let area = area(b);
    let picture = BBox::new(0.0, 0.0, 1.0, 1.0);
    for (sample, is_hidden) in hidden.iter_mut().enumerate() {
        *is_hidden = !contains(&picture, middle(&area, sample));
    }
    let mut is_touched = false;
    for (other, moves) in others.filter(|(other, _)| other.intersection(&area).is_some()) {
        is_touched |= moves;
        for (sample, is_hidden) in hidden.iter_mut().enumerate() {
            *is_hidden |= contains(&other, middle(&area, sample));
        }
    }
    is_touched
}

/// Compares what is seen now with what was seen before; what differs is marked where the light is the same.
pub(super) fn compare(before: &Patch, now: &Patch, hidden: &Flags, differs: &mut Flags) -> Likeness {
    let around = || (0..SAMPLES).filter(move |sample| !hidden[*sample] && !is_within(*sample));
    let (mut seen, mut sum_before, mut sum_now) = (0_u32, 0_u32, 0_u32);
    for sample in around() {
        seen += 1;
        sum_before += u32::from(before[sample]);
        sum_now += u32::from(now[sample]);
    }
    if seen < LEAST_AROUND || sum_before == 0 {
        return Likeness::Unclear;
    }
    let gain = sum_now as f32 / sum_before as f32;
    for (sample, differs) in differs.iter_mut().enumerate() {
        let expected = gain * f32::from(before[sample]);
        let most = LEAST_DIFFERENCE.max(RELATIVE_DIFFERENCE * expected);
        *differs = !hidden[sample] && (f32::from(now[sample]) - expected).abs() > most;
    }
    let agreeing = around().filter(|sample| !differs[*sample]).count();
    if !(LEAST_GAIN..=MOST_GAIN).contains(&gain) || (agreeing as f32) < AROUND_SAME * seen as f32 {
        return Likeness::OtherLight;
    }
    match correlation_within(before, now, hidden) {
        None => Likeness::Unclear,
        Some(correlation) if correlation >= WITHIN_SAME => Likeness::Same,
        Some(_) => Likeness::Changed,
    }
}

/// Which part of the samples that lie in a box are marked, 0..1.
pub(super) fn marked_within(place: &BBox, b: &BBox, marked: &Flags) -> f32 {
    let area = area(place);
    let (mut all, mut count) = (0_u32, 0_u32);
    for (sample, marked) in marked.iter().enumerate() {
        if contains(b, middle(&area, sample)) {
            all += 1;
            count += u32::from(*marked);
        }
    }
    count as f32 / all.max(1) as f32
}

/// Correlation of what can be seen of the box; `None` where there was, or is left, too little to recognise.
fn correlation_within(before: &Patch, now: &Patch, hidden: &Flags) -> Option<f32> {
    let within = || (0..SAMPLES).filter(move |sample| !hidden[*sample] && is_within(*sample));
    let (mut count, mut sums) = (0_u32, [0.0_f32; 2]);
    for sample in within() {
        count += 1;
        sums[0] += f32::from(before[sample]);
        sums[1] += f32::from(now[sample]);
    }
    if count < LEAST_WITHIN {
        return None;
    }
    let [mean_before, mean_now] = sums.map(|sum| sum / count as f32);
    let (mut var_before, mut var_now, mut common) = (0.0_f32, 0.0_f32, 0.0_f32);
    for sample in within() {
        let (a, b) = (f32::from(before[sample]) - mean_before, f32::from(now[sample]) - mean_now);
        var_before += a * a;
        var_now += b * b;
        common += a * b;
    }
    if var_before < LEAST_CONTRAST * LEAST_CONTRAST * count as f32 {
        return None;
    }
    // Something even that is held before it has no pattern, which is another pattern.
    Some(common / (var_before * var_now).sqrt().max(1.0))
}

fn contains(b: &BBox, at: Point) -> bool {
    (b.x0..b.x1).contains(&at.x) && (b.y0..b.y1).contains(&at.y)
}

/// The middle of a sample, inside or outside of the picture.
fn middle(area: &BBox, sample: usize) -> Point {
    let along = |index: usize| (index as f32 + 0.5) / SIDE as f32;
    Point::new(area.x0 + along(sample % SIDE) * area.width(), area.y0 + along(sample / SIDE) * area.height())
}

/// Whether a sample lies in the box and not around it.
fn is_within(sample: usize) -> bool {
    let middle = SIDE / 4..SIDE - SIDE / 4;
    middle.contains(&(sample % SIDE)) && middle.contains(&(sample / SIDE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING_HIDDEN: Flags = [false; SAMPLES];

    /// A street around a thing of stripes; `thing` shifts the stripes.
    fn place(thing: u8) -> Patch {
        std::array::from_fn(|sample| {
            let (row, column) = ((sample / SIDE) as u8, (sample % SIDE) as u8);
            if is_within(sample) { 40 + 60 * ((column + thing) / 2 % 2) } else { 90 + 5 * (row % 4) }
        })
    }

    fn likeness(before: &Patch, now: &Patch, hidden: &Flags) -> Likeness {
        compare(before, now, hidden, &mut [false; SAMPLES])
    }

    #[test]
    fn a_place_is_recognised_in_a_little_more_or_less_light_and_with_noise() {
        let dimmed = place(0).map(|level| (f32::from(level) * 0.75) as u8);
        let mut noisy = place(0);
        noisy.iter_mut().enumerate().for_each(|(sample, level)| *level += (sample * 7 % 5) as u8);
        for now in [place(0), dimmed, noisy] {
            assert_eq!(likeness(&place(0), &now, &NOTHING_HIDDEN), Likeness::Same);
        }
    }

    #[test]
    fn something_else_in_the_box_is_a_change_and_something_else_around_is_another_light() {
        assert_eq!(likeness(&place(0), &place(2), &NOTHING_HIDDEN), Likeness::Changed);
        let mut covered = place(0);
        (0..SAMPLES).filter(|sample| is_within(*sample)).for_each(|sample| covered[sample] = 120);
        assert_eq!(likeness(&place(0), &covered, &NOTHING_HIDDEN), Likeness::Changed, "a sheet before it");
        let mut shadow = place(0);
        shadow[..SAMPLES / 2].fill(20);
        assert_eq!(likeness(&place(0), &shadow, &NOTHING_HIDDEN), Likeness::OtherLight);
        let dark = place(0).map(|level| level / 5);
        assert_eq!(likeness(&place(0), &dark, &NOTHING_HIDDEN), Likeness::OtherLight);
    }

    #[test]
    fn what_cannot_be_seen_is_never_the_same() {
        assert_eq!(
            likeness(&[90; SAMPLES], &[90; SAMPLES], &NOTHING_HIDDEN),
            Likeness::Unclear,
            "an even wall"
        );
        let dark = place(0).map(|level| level / 20);
        assert_eq!(likeness(&dark, &dark, &NOTHING_HIDDEN), Likeness::Unclear, "the dark");
        let b = BBox::new(0.4, 0.4, 0.6, 0.6);
        let mut hidden = [false; SAMPLES];
        let before = |moves| [(BBox::new(0.4, 0.5, 0.7, 0.9), moves)].into_iter();
        assert!(mark_hidden(&b, before(true), &mut hidden));
        assert!(!mark_hidden(&b, before(false), &mut hidden), "what stands there does not come near");
        assert_eq!(likeness(&place(0), &place(0), &hidden), Likeness::Unclear, "half of it is hidden");
        assert!(!mark_hidden(&b, [(BBox::new(0.0, 0.0, 0.1, 0.1), true)].into_iter(), &mut hidden));
        assert_eq!(hidden, NOTHING_HIDDEN);
        assert!(!is_large_enough(&BBox::new(0.5, 0.5, 0.51, 0.54)));
    }

    #[test]
    fn what_lies_outside_the_picture_is_hidden() {
        let mut hidden = [false; SAMPLES];
        mark_hidden(&BBox::new(0.0, 0.4, 0.2, 0.6), std::iter::empty(), &mut hidden);
        assert_eq!(hidden.iter().filter(|hidden| **hidden).count(), SAMPLES / 4);
        assert_eq!(likeness(&place(0), &place(0), &hidden), Likeness::Same);
    }
}
