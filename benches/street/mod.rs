//! A simulated street: what 64 cameras that are busy for a tenth of the time give to the analysis. The names come from
//! the module that includes it, as the program's own tests and its benches do.

use super::{
    Arc, BBox, Class, ConditionReading, Detection, Entry, HealthReading, Input, Look, Looked, Moment, moment,
    tick,
};

/// Noise between -1 and 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Something whose box trembles by a fiftieth of its size, as a detector's does.
fn thing(noise: &mut Noise, class: Class, x: f32, y: f32, size: f32) -> Detection {
    let mut off = || 0.02 * size * noise.next();
    let b = BBox::new(x + off(), y + off(), x + size / 2.0 + off(), y + size + off());
    let score = (0.6 + 0.1 * noise.next()).clamp(0.0, 1.0);
    Detection { class, score, box_in_frame: b.clipped() }.rounded()
}

struct Street {
    camera: Arc<str>,
    next_look: f64,
    found: Vec<Detection>,
    fresh_at: f64,
}

/// So many seconds of a box. Busy: five looks a second with six people and four vehicles. Otherwise a look a second, at four
/// parked cars which are looked for anew every 40 s.
pub(crate) fn simulate(secs: f64, mut take: impl FnMut(Entry)) -> u64 {
    let mut noise = Noise(1);
    let mut streets: Vec<Street> = (0..64)
        .map(|n| Street {
            camera: format!("cam-{n:02}").into(),
            next_look: f64::from(n) / 64.0,
            found: vec![],
            fresh_at: -100.0,
        })
        .collect();
    let (mut now, mut looks, mut next_tick) = (0.0, 0, 0.0);
    while now < secs {
        let index = (0..streets.len())
            .min_by(|a, b| streets[*a].next_look.total_cmp(&streets[*b].next_look))
            .expect("cameras");
        now = streets[index].next_look;
        if now >= next_tick {
            take(tick(next_tick));
            next_tick += 1.0;
        }
        // Busy for a minute in ten, each camera at another time.
        let is_busy = ((now / 60.0) as usize + index).is_multiple_of(10);
        let street = &mut streets[index];
        street.next_look += if is_busy { 0.2 } else { 1.0 } + 0.004 * f64::from(noise.next());
        let jitter = 1e-6 * f64::from(noise.next());
        let at = Moment { utc: moment(now + jitter).utc, ..moment(now) };
        let mut looked = Looked::Once;
        if is_busy {
            let walk = (now % 60.0) as f32 / 60.0;
            street.found = (0..6)
                .map(|n| thing(&mut noise, Class::PERSON, (walk + 0.13 * n as f32) % 0.9, 0.5, 0.2))
                .collect();
            street.found.extend((0..4).map(|n| thing(&mut noise, Class::CAR, 0.2 * n as f32, 0.3, 0.15)));
        } else if now - street.fresh_at > 40.0 {
            street.found = (0..4).map(|n| thing(&mut noise, Class::CAR, 0.2 * n as f32, 0.3, 0.15)).collect();
            street.fresh_at = now;
        } else {
            looked = Looked::NotAtAll;
        }
        if !is_busy || noise.next() > 0.2 {
            let mut conditions = [ConditionReading::default(); 8];
            for (condition, value) in conditions.iter_mut().zip([0.0, 0.0, 0.1, 0.02, 0.01, 0.93, 0.97, 0.01])
            {
                let value = value + 0.01 * f64::from(noise.next()) * f64::from(u8::from(value > 0.0));
                condition.value = (value * 1000.0).round() / 1000.0;
            }
            let reading = Box::new(HealthReading { aspect: 1.777, conditions });
            take(Entry::Input(Input::Health { camera: street.camera.clone(), at, reading }));
        }
        looks += 1;
        let (camera, detections) = (street.camera.clone(), street.found.clone());
        take(Entry::Input(Input::Look(Look { camera, at, looked, detections, verdicts: Box::default() })));
    }
    looks
}
