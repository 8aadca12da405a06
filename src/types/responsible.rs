//! [`Responsible`]: what people call a place or a device, and who answers for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What people call a camera, a sensor or a grid, and who answers for it: as the configuration says, never found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Responsible {
    /// What people call it, where the configuration says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// How to reach whoever answers for it, such as a telephone number of a desk; where the configuration says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<String>,
    /// Who answers for it, such as the grid's officer on duty; where the configuration says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub officer: Option<String>,
}
