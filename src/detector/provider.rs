//! What runs the arithmetic: the providers that configuration may name.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use ort::ep::{self, ArbitrarilyConfigurableExecutionProvider};

/// A way to run a network. Which ones work depends on the ONNX Runtime library that is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// ONNX Runtime's own kernels; always there.
    Cpu,
    /// Intel's OpenVINO, on the CPU.
    OpenVino,
    /// The same with bfloat16 numbers, which newer processors multiply faster and which have three digits.
    OpenVinoBf16,
    /// NVIDIA, CUDA.
    Cuda,
    /// NVIDIA, TensorRT.
    TensorRt,
    /// XNNPACK, fast on some ARM processors.
    Xnnpack,
    /// Arm's Compute Library.
    Acl,
}

/// A provider's name that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider `{name}`\n  hint: known are {}", known())]
pub struct UnknownProvider {
    name: String,
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

    /// Whether several threads may run one session at the same time.
    ///
    /// ONNX Runtime promises that for `Run` on the whole. `ort`'s authors saw crashes with device providers
    /// (their note in `session/run.rs` of 2.0.0-rc.15), so only those that are meant to be used like this on a
    /// CPU are; the others have one queue to the device anyway.
    pub(super) fn runs_concurrently(self) -> bool {
        matches!(self, Provider::Cpu | Provider::OpenVino | Provider::OpenVinoBf16)
    }

    /// What `ort` registers; `None` for the provider that is always there.
    pub(super) fn dispatch(self) -> Option<ep::ExecutionProviderDispatch> {
        Some(match self {
            Provider::Cpu => return None,
            // One thread per run: the workers are the parallelism.
            Provider::OpenVino => ep::OpenVINO::default().with_device_type("CPU").with_num_threads(1).build(),
            Provider::OpenVinoBf16 => ep::OpenVINO::default()
                .with_device_type("CPU")
                .with_num_threads(1)
                .with_arbitrary_config("load_config", r#"{"CPU":{"INFERENCE_PRECISION_HINT":"bf16"}}"#)
                .build(),
            Provider::Cuda => ep::CUDA::default().build(),
            Provider::TensorRt => ep::TensorRT::default().build(),
            Provider::Xnnpack => ep::XNNPACK::default().with_intra_op_num_threads(NonZeroUsize::MIN).build(),
            Provider::Acl => ep::ACL::default().build(),
        })
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(name: &str) -> Result<Self, UnknownProvider> {
        let found = Provider::ALL.into_iter().find(|p| p.name() == name);
        found.ok_or_else(|| UnknownProvider { name: name.to_owned() })
    }
}

fn known() -> String {
    Provider::ALL.map(|p| format!("`{p}`")).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_known_by_their_names_and_others_are_refused() {
        for provider in Provider::ALL {
            assert_eq!(provider.name().parse(), Ok(provider));
        }
        let error = "CUDA".parse::<Provider>().expect_err("names are in small letters");
        insta::assert_snapshot!(error, @r"
        unknown provider `CUDA`
          hint: known are `cpu`, `openvino`, `openvino_bf16`, `cuda`, `tensorrt`, `xnnpack`, `acl`
        ");
    }
}
