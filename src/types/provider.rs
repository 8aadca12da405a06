//! [`Provider`]: where ONNX Runtime computes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where ONNX Runtime computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The processor, with ONNX Runtime's own kernels. Always there.
    Cpu,
    /// Intel processors and graphics through OpenVINO.
    #[serde(rename = "openvino")]
    OpenVino,
    /// The same with numbers of 16 bits, on processors that have instructions for them.
    #[serde(rename = "openvino_bf16")]
    OpenVinoBf16,
    /// NVIDIA graphics.
    Cuda,
    /// NVIDIA graphics through TensorRT.
    #[serde(rename = "tensorrt")]
    TensorRt,
    /// The processor through XNNPACK.
    Xnnpack,
    /// ARM processors through the ARM Compute Library.
    Acl,
}

impl Provider {
    /// All that there are.
    pub const ALL: [Provider; 7] = [
        Provider::Cpu,
        Provider::OpenVino,
        Provider::OpenVinoBf16,
        Provider::Cuda,
        Provider::TensorRt,
        Provider::Xnnpack,
        Provider::Acl,
    ];

    /// Its name in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Cpu => "cpu",
            Provider::OpenVino => "openvino",
            Provider::OpenVinoBf16 => "openvino_bf16",
            Provider::Cuda => "cuda",
            Provider::TensorRt => "tensorrt",
            Provider::Xnnpack => "xnnpack",
            Provider::Acl => "acl",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Provider::ALL.into_iter().find(|provider| provider.name() == name)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_known_by_their_names_and_others_are_not() {
        for provider in Provider::ALL {
            assert_eq!(Provider::named(provider.name()), Some(provider));
            assert_eq!(serde_json::to_value(provider).unwrap(), provider.name());
        }
        assert_eq!(Provider::named("CUDA"), None, "names are in small letters");
    }
}
