//! GCJ-02, the coordinates of maps that are published in China, from WGS 84. Pure.
//!
//! The standard itself is not public. This is the transformation that everybody uses, first published as `Converter.java`
//! (emq) and `EvilTransform.cs` (2013): a sum of sines on the ellipsoid of Krasovsky (1940). What map services of China
//! publish as examples differs from it by less than two metres; the test has their points.

use std::f64::consts::PI;

/// Half of the longer axis of Krasovsky's ellipsoid, metres.
const SEMI_MAJOR_AXIS_M: f64 = 6_378_245.0;
/// The square of its eccentricity.
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;
/// Outside of these, west to east and south to north in degrees, coordinates are not shifted. The usual rectangle: parts of
/// China's neighbours lie in it, where maps are not shifted either.
const LONGITUDES: std::ops::Range<f64> = 72.004..137.8347;
const LATITUDES: std::ops::Range<f64> = 0.8293..55.8271;

/// Longitude and latitude in degrees as a map of GCJ-02 has them, to a tenth of a metre; unchanged outside of China.
pub(crate) fn from_wgs84([lon, lat]: [f64; 2]) -> [f64; 2] {
    if !(LONGITUDES.contains(&lon) && LATITUDES.contains(&lat)) {
        return [lon, lat];
    }
    let (east_m, north_m) = shift_m(lon - 105.0, lat - 35.0);
    let sine = lat.to_radians().sin();
    let flattened = 1.0 - ECCENTRICITY_SQUARED * sine * sine;
    // Radii of curvature along the parallel's normal and along the meridian.
    let normal_m = SEMI_MAJOR_AXIS_M / flattened.sqrt();
    let meridian_m = SEMI_MAJOR_AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (flattened * flattened.sqrt());
    let east = (east_m / (normal_m * lat.to_radians().cos())).to_degrees();
    let north = (north_m / meridian_m).to_degrees();
    [lon + east, lat + north].map(|degrees| (degrees * 1e6).round() / 1e6)
}

/// How far a point is shifted to the east and to the north, in metres; `x` and `y` are degrees from 105° E, 35° N.
fn shift_m(x: f64, y: f64) -> (f64, f64) {
    let wave = |amplitude: f64, degrees: f64| amplitude * (degrees * PI).sin();
    let both = wave(20.0, 6.0 * x) + wave(20.0, 2.0 * x);
    let east_waves =
        both + wave(20.0, x) + wave(40.0, x / 3.0) + wave(150.0, x / 12.0) + wave(300.0, x / 30.0);
    let north_waves =
        both + wave(20.0, y) + wave(40.0, y / 3.0) + wave(160.0, y / 12.0) + wave(320.0, y / 30.0);
    let root = x.abs().sqrt();
    let east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + east_waves * 2.0 / 3.0;
    let north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + north_waves * 2.0 / 3.0;
    (east, north)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metres between two points that are near each other.
    fn apart_m([lon, lat]: [f64; 2], [other_lon, other_lat]: [f64; 2]) -> f64 {
        let per_degree = 6_371_000.0_f64.to_radians();
        ((lon - other_lon) * per_degree * lat.to_radians().cos()).hypot((lat - other_lat) * per_degree)
    }

    #[test]
    fn points_that_are_published_come_out_as_published() {
        // (WGS 84, GCJ-02, metres that they may differ, where they are published)
        let published = [
            // Map services of China, whose software is the official one. The second gives six decimals; the first one's
            // example goes from GCJ-02 to WGS 84, which it does to a metre or two.
            (
                [120.021519, 30.281543],
                [120.026268, 30.279164],
                2.0,
                "help.aliyun.com, address purification, coordinate conversion",
            ),
            ([116.36657, 39.95094], [116.372789, 39.95232], 0.2, "map.yiweihang.com, deviation service"),
            ([115.21657, 38.95032], [115.222782, 38.951179], 0.2, "map.yiweihang.com, deviation service"),
            // Cities at the corners of China, of the test data of `gcoord` (MIT): Nagqu, Xilingol, Qinzhou, Shenyang. Their WGS 84
            // was computed from GCJ-02, to less than a metre.
            ([92.0499619, 31.4784436], [92.0512438, 31.4762063], 1.0, "github.com/hujiulong/gcoord"),
            ([116.0414035, 43.9312805], [116.0482308, 43.9334573], 1.0, "github.com/hujiulong/gcoord"),
            ([108.6503952, 21.9828281], [108.6541485, 21.9799392], 1.0, "github.com/hujiulong/gcoord"),
            ([123.4253306, 41.8032629], [123.4314787, 41.8057023], 1.0, "github.com/hujiulong/gcoord"),
            // The tests of the public implementation `eviltransform` (MIT): Shanghai, Shenzhen, Beijing.
            (
                [121.5272106, 31.1774276],
                [121.531541859215, 31.17530398364597],
                0.2,
                "github.com/googollee/eviltransform",
            ),
            (
                [113.912316, 22.543847],
                [113.9171764808363, 22.540796131694766],
                0.2,
                "github.com/googollee/eviltransform",
            ),
            (
                [116.377817, 39.911954],
                [116.38404722455657, 39.91334545536069],
                0.2,
                "github.com/googollee/eviltransform",
            ),
        ];
        for (wgs84, gcj02, within_m, source) in published {
            let made = from_wgs84(wgs84);
            let off_m = apart_m(made, gcj02);
            assert!(off_m <= within_m, "{source}: {wgs84:?} became {made:?}, {off_m:.2} m from {gcj02:?}");
            assert!(
                apart_m(wgs84, gcj02) > 100.0,
                "{source}: a shift that would not be noticed proves nothing"
            );
        }
    }

    #[test]
    fn outside_of_china_nothing_is_shifted() {
        for place in
            [[-0.1276, 51.5072], [151.2093, -33.8688], [139.6917, 35.6895], [0.0, 0.0], [180.0, 90.0]]
        {
            assert_eq!(from_wgs84(place), place);
        }
    }
}
