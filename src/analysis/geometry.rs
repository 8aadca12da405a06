//! Points, boxes, polygons and lines in picture space: x to the right, y down, both 0..1.
//!
//! Pure arithmetic on `f32`; every function is total: degenerate input (empty boxes, polygons without
//! area, NaN) gives 0 or `false`, never a panic.

/// How near to the picture's edge a standing point may lie, in parts of the picture. Zones are drawn by
/// hand with about this margin (a guess).
const EDGE: f32 = 0.02;

/// A place in the picture, parts of its width and height, origin top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// 0 at the left edge, 1 at the right.
    pub x: f32,
    /// 0 at the top edge, 1 at the bottom.
    pub y: f32,
}

impl Point {
    /// Shorthand.
    pub const fn new(x: f32, y: f32) -> Self {
        Point { x, y }
    }

    /// Straight-line distance, in parts of the picture.
    pub(crate) fn distance(self, other: Point) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The nearest place that keeps a little away from the picture's edges.
    pub(crate) fn pulled_inside(self) -> Point {
        Point::new(self.x.clamp(EDGE, 1.0 - EDGE), self.y.clamp(EDGE, 1.0 - EDGE))
    }
}

/// An axis-aligned box, `x0 <= x1`, `y0 <= y1`, in parts of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BBox {
    /// Left edge.
    pub x0: f32,
    /// Top edge.
    pub y0: f32,
    /// Right edge.
    pub x1: f32,
    /// Bottom edge.
    pub y1: f32,
}

impl BBox {
    /// A box from its edges, put in order.
    pub fn new(x0: f32, y0: f32, x1: f32, y1: f32) -> Self {
        BBox { x0: x0.min(x1), y0: y0.min(y1), x1: x0.max(x1), y1: y0.max(y1) }
    }

    /// A box from its centre and size.
    pub fn from_centre(cx: f32, cy: f32, width: f32, height: f32) -> Self {
        BBox::new(cx - width / 2.0, cy - height / 2.0, cx + width / 2.0, cy + height / 2.0)
    }

    /// Width, never negative.
    pub fn width(&self) -> f32 {
        (self.x1 - self.x0).max(0.0)
    }

    /// Height, never negative.
    pub fn height(&self) -> f32 {
        (self.y1 - self.y0).max(0.0)
    }

    /// Area in parts of the picture.
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }

    /// The middle.
    pub fn centre(&self) -> Point {
        Point::new((self.x0 + self.x1) / 2.0, (self.y0 + self.y1) / 2.0)
    }

    /// Where the thing stands: the middle of the bottom edge. Zones are drawn on the ground, so this is
    /// the point that rules ask about.
    pub(crate) fn foot(&self) -> Point {
        Point::new((self.x0 + self.x1) / 2.0, self.y1)
    }

    /// Where the thing stands as zones and masks ask it: [`BBox::foot`], pulled inside the picture.
    ///
    /// A box that is cut by the picture's edge has its feet outside; without the pull somebody who comes
    /// close would leave a zone that was drawn down to the edge.
    pub(crate) fn standing_point(&self) -> Point {
        self.foot().pulled_inside()
    }

    /// The lower half: the part of a vehicle's box that is over the ground it stands on.
    pub(crate) fn lower_half(&self) -> BBox {
        BBox { y0: (self.y0 + self.y1) / 2.0, ..*self }
    }

    /// Side of a square of the same area: the one number for "how large is it in the picture".
    pub fn size(&self) -> f32 {
        self.area().sqrt()
    }

    /// The box with a margin added on every side; negative margins shrink it, at most to its centre lines.
    pub fn grown(&self, dx: f32, dy: f32) -> BBox {
        let (dx, dy) = (dx.max(-self.width() / 2.0), dy.max(-self.height() / 2.0));
        BBox { x0: self.x0 - dx, y0: self.y0 - dy, x1: self.x1 + dx, y1: self.y1 + dy }
    }

    /// All four edges are numbers and the box has an area.
    pub(crate) fn is_sound(&self) -> bool {
        let finite = self.x0.is_finite() && self.y0.is_finite() && self.x1.is_finite() && self.y1.is_finite();
        finite && self.x0 < self.x1 && self.y0 < self.y1
    }

    /// The common part of two boxes; `None` if they do not touch.
    pub(crate) fn intersection(&self, other: &BBox) -> Option<BBox> {
        let b = BBox {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        };
        (b.x0 < b.x1 && b.y0 < b.y1).then_some(b)
    }

    /// Intersection over union, 0..1; symmetric; 0 where either box has no area.
    pub fn iou(&self, other: &BBox) -> f32 {
        let common = self.intersection(other).map_or(0.0, |b| b.area());
        let union = self.area() + other.area() - common;
        if union > 0.0 { (common / union).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The smallest box around both.
    pub(crate) fn hull(&self, other: &BBox) -> BBox {
        BBox {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    /// The part of the box inside the picture.
    pub fn clipped(&self) -> BBox {
        BBox {
            x0: self.x0.clamp(0.0, 1.0),
            y0: self.y0.clamp(0.0, 1.0),
            x1: self.x1.clamp(0.0, 1.0),
            y1: self.y1.clamp(0.0, 1.0),
        }
    }
}

/// A closed polygon of at least three corners, in drawing order. Holds by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    corners: Vec<Point>,
    /// The smallest box around all corners.
    bounds: BBox,
}

impl Polygon {
    /// `None` for fewer than three corners or a corner that is not a number.
    pub fn new(corners: Vec<Point>) -> Option<Self> {
        let finite = corners.iter().all(|p| p.x.is_finite() && p.y.is_finite());
        (corners.len() >= 3 && finite).then(|| Polygon::of_sound_corners(corners))
    }

    fn of_sound_corners(corners: Vec<Point>) -> Self {
        let first = corners[0];
        let mut bounds = BBox { x0: first.x, y0: first.y, x1: first.x, y1: first.y };
        for corner in &corners {
            bounds.x0 = bounds.x0.min(corner.x);
            bounds.y0 = bounds.y0.min(corner.y);
            bounds.x1 = bounds.x1.max(corner.x);
            bounds.y1 = bounds.y1.max(corner.y);
        }
        Polygon { corners, bounds }
    }

    /// The whole picture.
    pub fn whole_picture() -> Self {
        let corners =
            vec![Point::new(0.0, 0.0), Point::new(1.0, 0.0), Point::new(1.0, 1.0), Point::new(0.0, 1.0)];
        Polygon::of_sound_corners(corners)
    }

    /// The corners in drawing order.
    pub fn corners(&self) -> &[Point] {
        &self.corners
    }

    /// Even-odd rule; a point exactly on an edge may count either way.
    pub fn contains(&self, p: Point) -> bool {
        let mut inside = false;
        let mut before = self.corners[self.corners.len() - 1];
        for &corner in &self.corners {
            if (corner.y > p.y) != (before.y > p.y) {
                let x_on_edge = (before.x - corner.x) * (p.y - corner.y) / (before.y - corner.y) + corner.x;
                if p.x < x_on_edge {
                    inside = !inside;
                }
            }
            before = corner;
        }
        inside
    }

    /// Which part of a box lies in the polygon, 0..1: 8 by 8 points are asked, so it is good to about 3 %.
    ///
    /// 0 for a box that is not sound.
    pub(crate) fn share_of(&self, b: &BBox) -> f32 {
        const POINTS: usize = 8;
        if !b.is_sound() || self.bounds.intersection(b).is_none() {
            return 0.0;
        }
        let mut inside = 0_u16;
        for row in 0..POINTS {
            for column in 0..POINTS {
                let x = b.x0 + b.width() * (column as f32 + 0.5) / POINTS as f32;
                let y = b.y0 + b.height() * (row as f32 + 0.5) / POINTS as f32;
                inside += u16::from(self.contains(Point::new(x, y)));
            }
        }
        f32::from(inside) / (POINTS * POINTS) as f32
    }

    /// Feet, evenly spread, of things that stand in the polygon ([`BBox::standing_point`]); none where it is too thin to be
    /// met, or lies at the very edge.
    pub(crate) fn standing_places(&self) -> Vec<Point> {
        const ACROSS: usize = 20;
        let BBox { x0, y0, x1, y1 } = self.bounds;
        // Feet at the edge of the picture, and beyond, are pulled inside.
        let from = |least: f32| if least <= EDGE { 0.0 } else { least };
        let to = |most: f32| if most >= 1.0 - EDGE { 1.0 } else { most };
        let (x0, y0, x1, y1) = (from(x0), from(y0), to(x1), to(y1));
        let part = |number: usize| (number as f32 + 0.5) / ACROSS as f32;
        let place = |number: usize| {
            let (column, row) = (part(number % ACROSS), part(number / ACROSS));
            Point::new(x0 + (x1 - x0) * column, y0 + (y1 - y0) * row)
        };
        (0..ACROSS * ACROSS).map(place).filter(|place| self.contains(place.pulled_inside())).collect()
    }

    /// Area by the shoelace formula, in parts of the picture.
    pub fn area(&self) -> f32 {
        let mut twice = 0.0;
        let mut before = self.corners[self.corners.len() - 1];
        for &corner in &self.corners {
            twice += before.x * corner.y - corner.x * before.y;
            before = corner;
        }
        twice.abs() / 2.0
    }
}

/// A directed line between two points; things cross it from left to right or from right to left, as seen
/// by somebody who walks from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The start of the line.
    pub from: Point,
    /// The end of the line.
    pub to: Point,
}

/// Which way something crossed a [`Line`], seen along the drawn line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// From the walker's left hand to the right.
    LeftToRight,
    /// From the right hand to the left.
    RightToLeft,
}

impl Line {
    /// Positive on the right-hand side (y points down), negative on the left, 0 on the line.
    pub fn side(&self, p: Point) -> f32 {
        (self.to.x - self.from.x) * (p.y - self.from.y) - (self.to.y - self.from.y) * (p.x - self.from.x)
    }

    /// Signed distance from the endless line through both points, in parts of the picture; positive on the
    /// right-hand side. 0 for a line whose ends coincide.
    pub(crate) fn distance(&self, p: Point) -> f32 {
        let (dx, dy) = (self.to.x - self.from.x, self.to.y - self.from.y);
        let length = (dx * dx + dy * dy).sqrt();
        if length > 0.0 { self.side(p) / length } else { 0.0 }
    }

    /// How the step from `before` to `after` crosses this line, if it does.
    ///
    /// A step that ends exactly on the line has not crossed yet; it crosses with the step that leaves it.
    pub(crate) fn crossed_by(&self, before: Point, after: Point) -> Option<Crossing> {
        let (a, b) = (self.side(before), self.side(after));
        if !((a <= 0.0 && b > 0.0) || (a > 0.0 && b <= 0.0)) {
            return None;
        }
        // The line is finite: its ends must lie on both sides of the step.
        let step = Line { from: before, to: after };
        let (c, d) = (step.side(self.from), step.side(self.to));
        if c * d > 0.0 {
            return None;
        }
        Some(if b > a { Crossing::LeftToRight } else { Crossing::RightToLeft })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn square() -> Polygon {
        Polygon::new(vec![
            Point::new(0.2, 0.2),
            Point::new(0.6, 0.2),
            Point::new(0.6, 0.6),
            Point::new(0.2, 0.6),
        ])
        .expect("four corners")
    }

    #[test]
    fn a_polygon_needs_three_corners_that_are_numbers() {
        assert_eq!(Polygon::new(vec![Point::new(0.0, 0.0), Point::new(1.0, 1.0)]), None);
        let nan = vec![Point::new(0.0, 0.0), Point::new(f32::NAN, 1.0), Point::new(1.0, 0.0)];
        assert_eq!(Polygon::new(nan), None);
    }

    #[test]
    fn inside_a_concave_polygon_is_not_inside_its_notch() {
        // A U: open at the top between 0.4 and 0.6.
        let u =
            [(0.2, 0.2), (0.4, 0.2), (0.4, 0.6), (0.6, 0.6), (0.6, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)];
        let u = Polygon::new(u.map(|(x, y)| Point::new(x, y)).to_vec()).expect("a polygon");
        assert!(u.contains(Point::new(0.3, 0.3)) && u.contains(Point::new(0.5, 0.7)));
        assert!(!u.contains(Point::new(0.5, 0.4)) && !u.contains(Point::new(0.9, 0.5)));
        assert!((u.area() - 0.28).abs() < 1e-5);
    }

    #[test]
    fn who_stands_in_a_zone_stands_in_all_of_it_and_at_the_edge_below_it() {
        let places = square().standing_places();
        assert_eq!(places.len(), 400);
        assert!(places.iter().all(|place| square().contains(*place)));
        let left = places.iter().map(|place| place.x).fold(1.0, f32::min);
        assert!((left - 0.21).abs() < 1e-5, "{left}");
        // Down to the edge of the picture: feet at the very bottom count as in it.
        let lane = [(0.1, 0.5), (0.9, 0.5), (0.9, 0.99), (0.1, 0.99)].map(|(x, y)| Point::new(x, y));
        let lowest = |places: Vec<Point>| places.iter().map(|place| place.y).fold(0.0, f32::max);
        let lane = Polygon::new(lane.to_vec()).expect("a polygon");
        assert!(lowest(lane.standing_places()) > 0.985);
        // The margin alone is no place to stand.
        let rim = [(0.0, 0.0), (1.0, 0.0), (1.0, 0.015), (0.0, 0.015)].map(|(x, y)| Point::new(x, y));
        assert!(Polygon::new(rim.to_vec()).expect("a polygon").standing_places().is_empty());
    }

    #[test]
    fn the_share_of_a_box_in_a_zone_is_about_right() {
        let share = |b: BBox| square().share_of(&b);
        assert_eq!(share(BBox::new(0.3, 0.3, 0.5, 0.5)), 1.0);
        assert_eq!(share(BBox::new(0.7, 0.3, 0.9, 0.5)), 0.0);
        assert!((share(BBox::new(0.4, 0.3, 0.8, 0.5)) - 0.5).abs() < 0.04);
        assert_eq!(share(BBox::new(0.4, 0.3, 0.4, 0.5)), 0.0);
        assert_eq!(share(BBox { x0: f32::NAN, y0: 0.0, x1: 1.0, y1: 1.0 }), 0.0);
    }

    #[test]
    fn the_standing_point_is_inside_the_picture() {
        assert_eq!(BBox::new(0.4, 0.5, 0.6, 1.0).standing_point(), Point::new(0.5, 1.0 - EDGE));
        assert_eq!(BBox::new(0.4, 0.5, 0.6, 0.8).standing_point(), Point::new(0.5, 0.8));
        let whole = Polygon::whole_picture();
        assert!(whole.contains(BBox::new(0.9, 0.9, 1.0, 1.0).standing_point()));
    }

    #[test]
    fn left_and_right_are_those_of_somebody_who_walks_along_the_line() {
        // Upwards in the picture: the right hand is where x grows.
        let up = Line { from: Point::new(0.5, 0.9), to: Point::new(0.5, 0.1) };
        let (left, right) = (Point::new(0.3, 0.5), Point::new(0.7, 0.5));
        assert!(up.side(right) > 0.0 && up.side(left) < 0.0);
        assert!((up.distance(right) - 0.2).abs() < 1e-6);
        assert_eq!(up.crossed_by(left, right), Some(Crossing::LeftToRight));
        assert_eq!(up.crossed_by(right, left), Some(Crossing::RightToLeft));
        assert_eq!(up.crossed_by(Point::new(0.3, 0.95), Point::new(0.7, 0.95)), None);
    }

    fn any_box() -> impl Strategy<Value = BBox> {
        [0.0_f32..1.0, 0.0_f32..1.0, 0.0_f32..1.0, 0.0_f32..1.0]
            .prop_map(|[x0, y0, x1, y1]| BBox::new(x0, y0, x1, y1))
    }

    fn any_point() -> impl Strategy<Value = Point> {
        (0.0_f32..1.0, 0.0_f32..1.0).prop_map(|(x, y)| Point::new(x, y))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn iou_is_symmetric_and_a_part(a in any_box(), b in any_box()) {
            prop_assert_eq!(a.iou(&b), b.iou(&a));
            prop_assert!((0.0..=1.0).contains(&a.iou(&b)));
            prop_assert!(a.area() == 0.0 || (a.iou(&a) - 1.0).abs() < 1e-5);
        }

        #[test]
        fn going_back_crosses_the_other_way(from in any_point(), to in any_point(), a in any_point(), b in any_point()) {
            let line = Line { from, to };
            prop_assume!(line.side(a).abs() > 1e-4 && line.side(b).abs() > 1e-4);
            let back = match line.crossed_by(a, b) {
                None => None,
                Some(Crossing::LeftToRight) => Some(Crossing::RightToLeft),
                Some(Crossing::RightToLeft) => Some(Crossing::LeftToRight),
            };
            prop_assert_eq!(line.crossed_by(b, a), back);
        }

        #[test]
        fn no_number_makes_geometry_panic(v in proptest::collection::vec(any::<f32>(), 8)) {
            let a = BBox { x0: v[0], y0: v[1], x1: v[2], y1: v[3] };
            let b = BBox::new(v[4], v[5], v[6], v[7]);
            let _ = (a.iou(&b), a.clipped(), a.standing_point(), a.lower_half().size(), square().share_of(&a));
            let line = Line { from: a.foot(), to: b.foot() };
            let _ = (line.distance(a.centre()), line.crossed_by(a.centre(), b.centre()));
        }
    }
}
