//! Whether the outputs of a network fit its description: the head, the number of classes, the order; and what would fit.

use std::fmt::Display;

use crate::cli::Failure;
use crate::detector::Network;
use crate::detector::convert::{Colour, Fit, ModelInput};
use crate::detector::heads::{Head, KINDS, Shape, Stranger, USUAL_STRIDES, stranger};
use crate::detector::manifest::Description;
use crate::text::{Joint, Sentence, Words, model, models as say};

pub(super) fn unread(named: &str, stranger: Stranger) -> Failure {
    Failure::tried(crate::text::detect::of(named, stranger.sentence())).hint(stranger.hint())
}

/// Refuses a head or a number of classes that the outputs contradict, and puts the outputs in the head's order.
pub(super) fn compare_outputs(
    description: &mut Description,
    network: &Network,
    size: (usize, usize),
    named: &str,
) -> Result<(), Failure> {
    let shapes: Vec<Shape> = network.outputs.iter().map(|port| port.shape.clone()).collect();
    let input = bare_input(size);
    let heads = known_heads(description);
    let said = description.classes.len();
    let mut named_so = heads.iter().filter(|head| Some(head.name()) == description.head.as_deref());
    // Of a head that can lie in two ways, the way that fits.
    let fits = |head: &&Head| head.classes_of(&input, &shapes).is_some();
    let Some(head) = named_so.clone().find(fits).or_else(|| named_so.next()) else {
        return Ok(()); // The manifest's check says it better.
    };
    if head.classes_of(&input, &shapes) != Some(said.max(1))
        && let Some(stranger) = stranger(head, &input, said, &shapes)
    {
        return Err(unread(named, stranger));
    }
    contradicted(head, &heads, network, &input, said, named)?;
    let order = head.order_of(&input, said, &shapes);
    if let Some(order) = order.filter(|order| order.iter().enumerate().any(|(place, i)| place != *i)) {
        description.outputs = Some(order.into_iter().map(|i| network.outputs[i].name.clone()).collect());
    }
    Ok(())
}

/// Refuses a head or a number of classes, `said`, that the outputs contradict, and says what would fit.
fn contradicted(
    head: &Head,
    heads: &[Head],
    network: &Network,
    input: &ModelInput,
    said: usize,
    named: &str,
) -> Result<(), Failure> {
    let shapes: Vec<Shape> = network.outputs.iter().map(|port| port.shape.clone()).collect();
    // Heads of another name that would fit, first those with as many classes as were named.
    let mut others: Vec<(&str, usize)> = heads
        .iter()
        .filter(|other| other.name() != head.name())
        .filter_map(|other| Some((other.name(), other.classes_of(input, &shapes)?)))
        .collect();
    others.sort_by_key(|(_, classes)| *classes != said);
    let fits_said = others.first().filter(|(_, classes)| *classes == said).copied();
    let with = |(name, classes): (&str, usize)| Words::from(say::head_with(name, counted(classes)));
    let fits_said = fits_said.map(with);
    let others: Vec<Words> = others.into_iter().map(with).collect();
    let left_open = shapes.iter().flatten().any(Option::is_none);
    match head.classes_of(input, &shapes) {
        None if left_open && said > 0 => {} // The trial run will tell.
        None => {
            let hint = match network.put_out_otherwise() {
                Some(hint) => hint,
                None if others.is_empty() => say::try_other_export(),
                None => say::they_look_like(Words::List(others, Joint::Or)),
            };
            let what = other_outputs(head, network, input, said.max(1), named);
            return Err(Failure::refused(what).hint(hint));
        }
        Some(own) if said == 0 => {
            let mut hints = vec![Words::from(say::try_classes())];
            match own {
                80 => hints.push(say::probably_coco().into()),
                _ if others.is_empty() => {}
                _ => hints.push(say::or_is_it(Words::List(others, Joint::Or)).into()),
            }
            let what = say::unnamed_classes(named, counted(own));
            return Err(Failure::refused(what).hint(Words::List(hints, Joint::Then)));
        }
        Some(own) if own != said => {
            let what = match said {
                1 => say::one_class_named(named, counted(own)),
                _ => say::other_classes_named(named, counted(own), said),
            };
            let name_all = match fits_said {
                Some(other) => say::looks_like_or(other, say::try_all_classes()),
                None => say::try_all_classes(),
            };
            let more = head.kind().not_classes.map(|more| more().into());
            let hints = std::iter::once(name_all.into()).chain(more).collect();
            return Err(Failure::refused(what).hint(Words::List(hints, Joint::Then)));
        }
        Some(_) => {}
    }
    Ok(())
}

/// That the outputs are not those of the head with so many classes.
fn other_outputs(
    head: &Head,
    network: &Network,
    input: &ModelInput,
    classes: usize,
    named: &str,
) -> Sentence {
    let wants: Vec<String> = head
        .outputs(input, classes)
        .iter()
        .map(|output| output.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("x"))
        .collect();
    let (outputs, wants) = (listed(&network.outputs), model::listed(wants));
    say::other_outputs(named, head.name(), outputs, wants, counted(classes), input.width, input.height)
}

/// Every kind of head with the parameters that were given, as it lies and as exporters turn it.
pub(super) fn known_heads(description: &Description) -> Vec<Head> {
    let positive = |value: &i64| usize::try_from(*value).unwrap_or(0);
    let strides: Vec<usize> = match &description.strides {
        Some(strides) => strides.iter().map(positive).collect(),
        None => USUAL_STRIDES.to_vec(),
    };
    let own = description.own();
    KINDS
        .iter()
        .flat_map(|kind| {
            let head = (kind.head)(strides.clone(), &own);
            let turned = head.turned();
            std::iter::once(head).chain(turned)
        })
        .collect()
}

/// An input of that size; how it is filled does not matter for shapes.
pub(super) fn bare_input((width, height): (usize, usize)) -> ModelInput {
    ModelInput {
        width,
        height,
        colour: Colour::Rgb,
        mean: [0.0; 3],
        std: [1.0; 3],
        fit: Fit::Stretch,
        pad: 0.0,
    }
}

pub(super) fn listed(ports: &[impl Display]) -> Words {
    if ports.is_empty() {
        say::nothing().into()
    } else {
        model::listed(ports.iter().map(ToString::to_string))
    }
}

/// As `listed`, but a head with twelve outputs should not fill the screen.
pub(super) fn shortened(ports: &[impl Display]) -> Words {
    match ports {
        [first, .., last] if ports.len() > 3 => {
            say::first_to_last(first.to_string(), last.to_string(), ports.len()).into()
        }
        _ => listed(ports),
    }
}

pub(super) fn counted(classes: usize) -> Sentence {
    match classes {
        1 => say::classes_one(),
        _ => say::classes(classes),
    }
}
