//! Points, polygons and lines drawn in a picture.

use std::ops::Range;

use super::Checker;
use crate::analysis::geometry::{Line, Point, Polygon};
use crate::config::document::{At, PointDocument};
use crate::text::config::of;
use crate::text::{Words, config_camera as text, config_check};

/// Minimum area of a zone, in parts of the picture: a square of a hundredth of its sides. A smaller one is a slip.
const MIN_AREA: f32 = 1e-4;

/// Minimum length of a line, in parts of the picture.
const MIN_LENGTH: f32 = 0.01;

/// Maximum number of corners: more than anybody draws by hand, few enough to test every person against.
const MAX_CORNERS: usize = 64;

impl Checker<'_, '_> {
    /// A polygon with area whose edges do not cross.
    pub(super) fn polygon(&mut self, corners: &At<Vec<PointDocument>>, owner: &Words) -> Option<Polygon> {
        let At { value, span } = corners;
        if value.len() < 3 || value.len() > MAX_CORNERS {
            let what = of(owner, text::wrong_corners(MAX_CORNERS, value.len()));
            self.report.error(span, what).hint(text::a_triangle());
            // Its points may still be wrong each by itself.
            self.points(value, owner);
            return None;
        }
        // Each mistake by itself: mending one should not bring up the next.
        let points = self.points(value, owner);
        let drawn: Vec<Point> = value.iter().map(|corner| point(corner.value)).collect();
        let repeated = repeated_corners(&drawn);
        for &again in &repeated {
            let hint = if again == drawn.len() - 1 && drawn[again] == drawn[0] {
                text::closes_by_itself()
            } else {
                text::leave_one_corner_out()
            };
            self.report.error(&value[again].span, of(owner, text::same_corner())).hint(hint);
        }
        let (distinct, numbers) = without_repetition(&drawn);
        let crossing = crossing_edges(&distinct).map(|(first, second)| (numbers[first], numbers[second]));
        if let Some((first, second)) = crossing {
            let what = of(owner, text::crosses_itself(first + 1, second + 1));
            self.report.error(&value[second].span, what).hint(text::corners_in_order());
        }
        if !repeated.is_empty() || crossing.is_some() {
            return None;
        }
        let points = points?;
        let polygon = Polygon::new(points)?;
        if polygon.area() < MIN_AREA {
            self.report.error(span, of(owner, text::no_area())).hint(text::middle_of_the_picture());
            return None;
        }
        Some(polygon)
    }

    /// A line between two points that are not the same.
    pub(super) fn drawn_line(&mut self, points: &At<Vec<PointDocument>>, owner: &Words) -> Option<Line> {
        let At { value, span } = points;
        if value.len() != 2 {
            let hint = config_check::for_example("points = [[0.1, 0.6], [0.9, 0.6]]");
            self.report.error(span, of(owner, text::two_points(value.len()))).hint(hint);
            self.points(value, owner);
            return None;
        }
        let ends = self.points(value, owner)?;
        let line = Line { from: ends[0], to: ends[1] };
        if line.from.distance(line.to) < MIN_LENGTH {
            self.report.error(span, of(owner, text::no_length())).hint(text::move_an_end());
            return None;
        }
        Some(line)
    }

    /// Points inside the picture; `None` if one is not.
    fn points(&mut self, documents: &[PointDocument], owner: &Words) -> Option<Vec<Point>> {
        let mut points = Vec::with_capacity(documents.len());
        for At { value: [x, y], span } in documents {
            if let Some((name, number)) = outside(*x, *y) {
                self.outside_the_picture(span, owner, name, number);
            } else {
                points.push(point([*x, *y]));
            }
        }
        (points.len() == documents.len()).then_some(points)
    }

    fn outside_the_picture(&mut self, span: &Range<usize>, owner: &Words, name: &str, number: f64) {
        let hint = if number > 1.0 { text::no_pixels() } else { text::edges_of_the_picture() };
        let what = text::outside_the_picture(name, "0", "1", number.to_string());
        self.report.error(span, of(owner, what)).hint(hint);
    }
}

fn point([x, y]: [f64; 2]) -> Point {
    Point::new(x as f32, y as f32)
}

/// The corners that differ from the one before, and their numbers among all.
fn without_repetition(points: &[Point]) -> (Vec<Point>, Vec<usize>) {
    let before = |i: usize| points[(i + points.len() - 1) % points.len()];
    let numbers: Vec<usize> = (0..points.len()).filter(|&i| points[i] != before(i)).collect();
    (numbers.iter().map(|&i| points[i]).collect(), numbers)
}

/// The coordinate that lies outside the picture.
fn outside(x: f64, y: f64) -> Option<(&'static str, f64)> {
    let is_inside = |c: &f64| (0.0..=1.0).contains(c);
    if !is_inside(&x) {
        return Some(("x", x));
    }
    (!is_inside(&y)).then_some(("y", y))
}

/// The later ones of equal corners that follow one another.
fn repeated_corners(points: &[Point]) -> Vec<usize> {
    let last = points.len() - 1;
    let follows_its_like = |&i: &usize| i > 0 && points[i] == points[i - 1];
    let closes = |&i: &usize| i == last && points[i] == points[0];
    (0..points.len()).filter(|i| follows_its_like(i) || closes(i)).collect()
}

/// The first two edges that meet anywhere but in a common corner. Edge `i` runs from corner `i` to the next.
fn crossing_edges(points: &[Point]) -> Option<(usize, usize)> {
    let n = points.len();
    if n < 3 {
        return None;
    }
    let edge = |i: usize| (points[i], points[(i + 1) % n]);
    for i in 0..n {
        for j in i + 1..n {
            let neighbours = j == i + 1 || (i == 0 && j == n - 1);
            let meet = if neighbours { fold_back(points, i, j) } else { touch(edge(i), edge(j)) };
            if meet {
                return Some((i, j));
            }
        }
    }
    None
}

/// Whether two edges with a common corner lie on one another.
fn fold_back(points: &[Point], i: usize, j: usize) -> bool {
    let n = points.len();
    // The common corner and the two others.
    let (common, a, b) = if j == i + 1 { (j, i, (j + 1) % n) } else { (i, (i + 1) % n, j) };
    let (c, a, b) = (points[common], points[a], points[b]);
    let along = (a.x - c.x) * (b.x - c.x) + (a.y - c.y) * (b.y - c.y);
    turn(c, a, b) == 0.0 && along > 0.0
}

/// Twice the signed area of a triangle, in double precision so that corners on one line come out as such.
fn turn(a: Point, b: Point, c: Point) -> f64 {
    let (ax, ay) = (f64::from(a.x), f64::from(a.y));
    (f64::from(b.x) - ax) * (f64::from(c.y) - ay) - (f64::from(b.y) - ay) * (f64::from(c.x) - ax)
}

/// Whether two straight pieces have a point in common.
fn touch((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let (abc, abd, cda, cdb) = (turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b));
    if abc * abd < 0.0 && cda * cdb < 0.0 {
        return true;
    }
    let within = |p: Point, from: Point, to: Point| {
        p.x >= from.x.min(to.x)
            && p.x <= from.x.max(to.x)
            && p.y >= from.y.min(to.y)
            && p.y <= from.y.max(to.y)
    };
    (abc == 0.0 && within(c, a, b))
        || (abd == 0.0 && within(d, a, b))
        || (cda == 0.0 && within(a, c, d))
        || (cdb == 0.0 && within(b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(corners: &[(f32, f32)]) -> Vec<Point> {
        corners.iter().map(|&(x, y)| Point::new(x, y)).collect()
    }

    #[test]
    fn a_bow_tie_crosses_itself_and_a_concave_area_does_not() {
        let bow_tie = points(&[(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)]);
        assert_eq!(crossing_edges(&bow_tie), Some((0, 2)));
        let concave = points(&[(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.5, 0.4), (0.1, 0.9)]);
        assert_eq!(crossing_edges(&concave), None);
        let spike = points(&[(0.1, 0.1), (0.9, 0.1), (0.5, 0.1), (0.5, 0.9)]);
        assert!(crossing_edges(&spike).is_some());
        let pinched = points(&[(0.1, 0.1), (0.9, 0.1), (0.5, 0.5), (0.9, 0.9), (0.1, 0.9), (0.5, 0.5)]);
        assert!(crossing_edges(&pinched).is_some());
    }

    #[test]
    fn every_regular_polygon_is_simple_however_it_is_turned() {
        for n in 3..=MAX_CORNERS {
            for turn in 0..n {
                let corner = |i: usize| {
                    let angle = (i + turn) as f32 / n as f32 * std::f32::consts::TAU;
                    (0.5 + 0.4 * angle.cos(), 0.5 + 0.4 * angle.sin())
                };
                let corners: Vec<(f32, f32)> = (0..n).map(corner).collect();
                assert_eq!(crossing_edges(&points(&corners)), None, "{n} corners turned by {turn}");
            }
        }
    }
}
