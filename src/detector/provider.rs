//! Execution providers: the options of each for ONNX Runtime.

use std::num::NonZeroUsize;

use ort::ep::{self, ArbitrarilyConfigurableExecutionProvider};

use crate::types::provider::Provider;

impl Provider {
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
