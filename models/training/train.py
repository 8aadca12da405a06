"""Trains the detector. See README.md for the command.

Work is spread over single-threaded processes, each with its part of the batch, which
average their gradients once per step. On a machine shared with others this is several
times faster than one process with several threads: a thread pool waits at every layer for
whichever thread was preempted.

Training begins with YOLOX-nano's public weights (`net.public`, `net.trainable`). Their rate is small, or what they know
of the world is gone after two passes; what is new learns faster (`--rate-of-new`).

The length is a budget of processor time per process (`--minutes`, counted over all restarts), so that a busy machine
takes longer and learns the same; the learning rate follows a cosine over it. A checkpoint is written every few minutes; started again with the
same `--run` folder, training goes on where it stopped.
"""

import argparse
import copy
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

import metrics
from assign_loss import DetectionLoss
from data import Augmented, Pictures, collate, letterbox
from net import (
    FAMILY_OF, INPUT_H, INPUT_W, Rectifier, boxes_from_raw, exported, flatten, folded, grid, public, split, trainable,
)

REPO = Path(__file__).resolve().parents[2]
WARMUP_STEPS = 400
RECTIFIED_FROM = 0.15  # until then SiLU turns into ReLU; at once, nothing that was known would be left
CALM_FROM = 0.85  # the last part of the time goes without mosaics, see data.Augmented
MEASURED = 128  # pictures by which each BatchNorm learns what it stands for
EMA_DECAY = 0.999
CLIP_NORM = 10.0


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    shared = REPO.parent / "shared"
    p.add_argument("--data", type=Path, nargs="+", default=[shared / "train", shared / "train2"])
    p.add_argument("--public", type=Path, default=shared / "models" / "yolox_nano_416.onnx", help="YOLOX-nano's public weights")
    p.add_argument("--go-on-from", type=Path, help="a file of export.py to begin with, where its checkpoint is gone")
    p.add_argument("--cache", type=Path, default=Path("~/.cache/lookout/train"))
    p.add_argument("--run", type=Path, required=True, help="folder of checkpoint and log, outside the repository")
    p.add_argument("--minutes", type=float, required=True, help="processor time of each process, over all restarts")
    p.add_argument("--processes", type=int, default=os.cpu_count())
    p.add_argument("--batch", type=int, default=8, help="pictures per process and step")
    p.add_argument("--rate", type=float, default=3e-4)
    p.add_argument("--rate-of-new", type=float, default=1e-3)
    p.add_argument("--decay", type=float, default=0.005)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--save-minutes", type=float, default=3)
    p.add_argument("--validate-minutes", type=float, default=8)
    return p.parse_args()


class Average:
    """Exponential moving average of a model: what is validated and exported."""

    def __init__(self, model):
        self.model = copy.deepcopy(model).eval()
        self.steps = 0

    @torch.no_grad()
    def update(self, model):
        self.steps += 1
        decay = EMA_DECAY * (1 - math.exp(-self.steps / 500))
        mine, theirs = self.model.state_dict(), model.state_dict()
        floats = [k for k in mine if mine[k].is_floating_point()]
        torch._foreach_lerp_([mine[k] for k in floats], [theirs[k] for k in floats], 1 - decay)


class Log:
    def __init__(self, path):
        self.file = open(path, "a", buffering=1)

    def line(self, text):
        print(text, file=self.file)


def half_precision():
    """bf16 where the processor multiplies it; elsewhere it is slower than fp32."""
    fast = "bf16" in Path("/proc/cpuinfo").read_text()
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast)


@torch.no_grad()
def validate(model, pictures, samples):
    """AP50 by class of a PyTorch model."""
    centres, strides = grid(INPUT_W, INPUT_H)
    results = []
    for start in range(0, len(samples), 16):
        boxed = [letterbox(pictures.pixels(s)) for s in samples[start : start + 16]]
        x = torch.from_numpy(np.stack([canvas for canvas, _ in boxed])).permute(0, 3, 1, 2)
        with half_precision():
            maps = model(x.float())
        raw, logits = split(flatten([m.float() for m in maps]))
        boxes = boxes_from_raw(raw.transpose(1, 2), centres, strides)[:, FAMILY_OF].numpy()
        scores = logits.sigmoid().numpy()
        for i, (_, scale) in enumerate(boxed):
            results.append(metrics.detections(boxes[i] / scale, scores[i]))
    return metrics.ap_table(samples, results)


def parameter_groups(model, args):
    """What was taught before and what is new, each with weight decay for its convolution weights only."""
    new = {id(p) for head in model.heads for part in head.added() for p in part.parameters()}
    groups = []
    for rate, of_new in ((args.rate, False), (args.rate_of_new, True)):
        mine = [p for p in model.parameters() if (id(p) in new) == of_new]
        groups.append({"params": [p for p in mine if p.ndim > 1], "weight_decay": args.decay, "rate": rate})
        groups.append({"params": [p for p in mine if p.ndim <= 1], "weight_decay": 0.0, "rate": rate})
    return groups


def rate_at(progress, step):
    """Share of the full learning rate: linear warm-up, then a cosine over the time budget."""
    cosine = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    return cosine * min(1.0, (step + 1) / WARMUP_STEPS)


def worker(rank, args):
    # A denormal costs a hundred times a normal number. Threads made later inherit the flag.
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    dist.init_process_group(
        "gloo", init_method=f"file://{args.run.resolve()}/rendezvous", rank=rank, world_size=args.processes
    )
    first = rank == 0
    pictures = Pictures(args.data, args.cache)
    train, val = pictures.split("train"), pictures.split("val")
    log = Log(args.run / "train.log") if first else None

    before = public(args.public).to(memory_format=torch.channels_last).eval().requires_grad_(False)
    dataset = Augmented(pictures, train, seed=args.seed * 1000 + rank)
    # Every process measures the same pictures, so that all begin alike.
    measured = Augmented(pictures, train, seed=args.seed * 1000)
    begin, share = (exported(args.go_on_from), 1.0) if args.go_on_from else (before, 0.0)
    model = trainable(begin, collate([measured[i] for i in range(MEASURED)])["pictures"].float(), share)
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(parameter_groups(model, args), betas=(0.9, 0.99), foreach=True)
    average = Average(model)
    step, spent = 0, 0.0
    checkpoint = args.run / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.model.load_state_dict(state["average"])
        average.steps = step = state["step"]
        spent = state["spent_s"]
    if first:
        count = sum(p.numel() for p in model.parameters())
        log.line(f"{count} parameters, {len(train)} pictures, {args.processes}x{args.batch} per step, at step {step}, {spent:.0f} s spent")

    dataset.first = step * args.batch
    loss_of = DetectionLoss()
    parameters = list(model.parameters())
    sums, item = np.zeros(3), 0
    budget = args.minutes * 60
    progress = spent / budget
    clock, last_line, last_save, last_validation = time.process_time(), *[time.monotonic()] * 3
    model.train()
    while True:
        now, used = time.monotonic(), time.process_time()
        spent, clock = spent + used - clock, used
        Rectifier.share = max(share, min(1.0, progress / RECTIFIED_FROM))
        batch = collate([dataset[item + i] for i in range(args.batch)])
        item += args.batch
        x = batch["pictures"].float()
        with half_precision():
            maps = model(x)
            with torch.no_grad():
                known = before(x)
        total, class_part, box_part = loss_of(
            maps, batch["boxes"], batch["classes"], batch["image"], batch["certain"], batch["searched"], known
        )
        optimizer.zero_grad(set_to_none=True)
        total.backward()

        # One exchange per step: all gradients, and the clock, so that all agree on the time.
        flat = torch.cat([p.grad.reshape(-1) for p in parameters] + [torch.tensor([spent / budget])])
        dist.all_reduce(flat)
        flat /= args.processes
        progress = float(flat[-1])
        norm = float(flat[:-1].norm())
        if not math.isfinite(norm):
            raise SystemExit(f"the loss is not finite at step {step}; lower --rate and resume")
        flat *= min(1.0, CLIP_NORM / (norm + 1e-6))
        at = 0
        for p in parameters:
            p.grad.copy_(flat[at : at + p.numel()].view_as(p))
            at += p.numel()
        for group in optimizer.param_groups:
            group["lr"] = group["rate"] * rate_at(progress, step)
        optimizer.step()
        step += 1
        dataset.calm = progress > CALM_FROM
        done = progress >= 1.0

        if first:
            average.update(model)
            sums += (float(class_part.detach()), float(box_part.detach()), norm)
            if step % 100 == 0:
                seconds = now - last_line
                speed = 100 * args.batch * args.processes / seconds
                last_line = now
                passes = step * args.batch * args.processes / len(train)
                c, b, n = sums / 100
                sums[:] = 0
                log.line(
                    f"{time.strftime('%H:%M:%S')} step {step} pass {passes:.1f} class {c:.3f} box {b:.3f} norm {n:.2f} "
                    f"rate {optimizer.param_groups[0]['lr']:.5f} {speed:.0f} pictures/s, {(budget - spent) / 60:.0f} min left"
                )
            if done or now - last_save > args.save_minutes * 60:
                state = {
                    "model": model.state_dict(), "optimizer": optimizer.state_dict(),
                    "average": average.model.state_dict(), "step": step, "spent_s": spent,
                }
                unfinished = checkpoint.with_suffix(".tmp")
                torch.save(state, unfinished)
                os.replace(unfinished, checkpoint)
                last_save = now
            if done or now - last_validation > args.validate_minutes * 60:
                table = validate(folded(average.model), pictures, val)
                log.line(f"val step {step} " + " ".join(f"{k} {v:.3f}" for k, v in table.items()))
                with open(args.run / "validation.jsonl", "a") as out:
                    out.write(json.dumps({"step": step, "spent_s": spent, **table}) + "\n")
                last_validation, clock = time.monotonic(), time.process_time()
        if done:
            break
    dist.barrier()
    dist.destroy_process_group()


def main():
    args = arguments()
    args.run.mkdir(parents=True, exist_ok=True)
    (args.run / "rendezvous").unlink(missing_ok=True)
    Pictures(args.data, args.cache)  # decode once, before the processes start
    # Two pools of threads on one core only get in each other's way.
    os.environ["OMP_NUM_THREADS"] = "1"
    mp.spawn(worker, (args,), nprocs=args.processes)


if __name__ == "__main__":
    main()
