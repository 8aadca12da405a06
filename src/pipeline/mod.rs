//! The way of a frame from a camera's decoder to the analysis.
//!
//! ```text
//!  decoder ─► scheduler ─► inference worker ─────────────────────────► analysis thread
//!     ▲       one mailbox   CameraSlot: frame gate ► detector            │
//!     │       per camera,               ► flow ► image statistics        │
//!     │       newest wins               ► empty view                     │
//!     │          ▲ ▲                                                     │
//!     │          │ └── 1. rate: how often the rules need a look ─────────┤
//!     │          └──── 3. rewind: frames that were passed over are due ──┤
//!     └─────────────── 2. look back: the group of pictures since the ────┘
//!                         last look is decoded, too
//! ```
//!
//! Three loops go back from the analysis; all of them pass through [`decode_demand`]:
//! 1. **Rate.** After each look the rules say how often they need one. The scheduler's period and the decoder's demand
//!    follow.
//! 2. **Look back.** A keyframe may show that something happened since the last look. The decoder then decodes what it
//!    kept, before the keyframe is judged.
//! 3. **Rewind.** The scheduler takes those older frames for due.
//!
//! What belongs to one camera is one [`CameraSlot`](camera_slot::CameraSlot). The scheduler's mailboxes are the exception: whose turn
//! it is can only be decided over all cameras. Must never decide what an alert is, touch the disk, or wait for a camera.

pub mod camera_slot;
pub mod decode_demand;
pub(crate) mod empty_view_learner;
pub mod frame_gate;
pub(crate) mod inference_workers;
pub mod scheduler;
