# SPDX-License-Identifier: MIT
"""Speed-up of a training step by many workers, simulated from measured times of kernels: what the order in which
shards of a group add their gradients costs, with one group and with more, and what memory of several nodes costs.

    ambit bench --json > bench.json     # on a quiet machine
    python3 tests/bench/simulate_groups.py bench.json [SHARDS]

A worker takes the next shard, and a shard's weight gradient of a tensor waits for the shard before it in its group, as
src/model/gradient.c does; the product lies inside the wait. Shards are those of the bench: standard model, 8 prompts.
Adding the groups' buffers afterwards is shared evenly, at the measured bandwidth.

The second table is a machine of nodes of 16 cores. What a process allocates lies on the node of its main thread, which
clears it: so workers of other nodes reach their activations through links. A rank per node has them near. Assumed, not
measured: LINK and NEAR, bytes a second between a node and the others and inside a node. A core with two hardware
threads gains at most what is no product, which is printed as a bound."""
import heapq
import json
import sys

LAYERS, WIDTH, PARAMETERS, ROWS = 12, 256, 9.5e6, 656
LINK, NEAR, CORES_OF_NODE = 40e9, 120e9, 16
WORKERS = (1, 2, 8, 16, 32, 64, 128, 512)
# Per layer, in the order of the backward pass: products of width × width, and whether attention comes before.
TENSORS = (("mlp.c_proj", 4, False), ("mlp.c_fc", 4, False), ("attn.c_proj", 1, False), ("attn.c_attn", 3, True))


def read(path):
    with open(path, encoding="utf-8") as file:
        bench = json.load(file)
    seconds = {kernel["name"]: kernel["seconds"] for kernel in bench["kernels_measured"]}
    return bench, seconds


def stages(seconds):
    """A shard: its forward time, then (time before, time inside the wait) of every tensor of the backward pass. The
    bench's products are 8·rows·width², so that of a layer of width × 4·width."""
    quarter = {name: seconds[f"matmul {name}"] / 4 for name in ("forward", "input gradient", "weight gradient")}
    norm, gelu, bias = (seconds[name] for name in ("layer norm backward", "gelu and derivative", "add bias"))
    forward = LAYERS * (12 * quarter["forward"] + seconds["attention forward"] + 2 * seconds["layer norm forward"] +
                        gelu + 1.5 * bias)
    backward = []
    for _ in range(LAYERS):
        for name, products, attention in TENSORS:
            before = products * quarter["input gradient"]
            before += seconds["attention backward"] if attention else gelu / 2 if name == "mlp.c_proj" else norm / 2
            backward.append((before, products * quarter["weight gradient"]))
    return forward, backward


def simulate(workers, shards, groups, forward, backward):
    """Seconds until the last of `workers` is done: items go over the groups in turn, as in src/train/trainer.c."""
    free = [(0.0, worker) for worker in range(workers)]
    ends = [[0.0] * len(backward) for _ in range(groups)]  # of the last addition to each tensor
    last = 0.0
    for item in range(shards):
        now, worker = heapq.heappop(free)
        now += forward
        added = ends[item % groups]
        for tensor, (before, inside) in enumerate(backward):
            now = max(now + before, added[tensor]) + inside
            added[tensor] = now
        last = max(last, now)
        heapq.heappush(free, (now, worker))
    return last


def on_nodes(cores, shards, alone, groups_took):
    """Efficiency of one process on all nodes, and of a rank per node: the larger of work and traffic. A layer keeps 14
    floats for each column of a row, written once and read twice."""
    traffic = shards * 3 * 14 * 4 * LAYERS * WIDTH * ROWS
    nodes = -(-cores // CORES_OF_NODE)
    remote = traffic * (nodes - 1) / nodes
    one = max(groups_took, remote / LINK, traffic / NEAR)
    exchange = 0 if nodes == 1 else 8 * PARAMETERS * (nodes - 1) / nodes / LINK
    ranks = max(groups_took, traffic / nodes / NEAR) + exchange
    return [alone / (cores * took) for took in (one, ranks)]


def print_nodes(bench, shards, alone, forward, backward):
    standard = next(step for step in bench["steps"] if step["name"] == "standard")
    products = sum(part["share_of_time"] for part in standard["parts"] if "products" in part["name"])
    print(f"nodes of {CORES_OF_NODE} cores, {shards} shards in groups of 8; two hardware threads a core: at most "
          f"{2 / (1 + products):.2f} times as fast\n{'cores':>8} {'1 process':>10} {'1 rank a node':>14}")
    for cores in (8, 16, 32, 64):
        took = simulate(cores, shards, shards // 8, forward, backward)
        print("{:8} {:10.2f} {:14.2f}".format(cores, *on_nodes(cores, shards, alone, took)))


def main(path, shards=4096):
    bench, seconds = read(path)
    forward, backward = stages(seconds)
    alone = simulate(1, shards, 1, forward, backward)
    chain = max(inside for _, inside in backward)
    print(f"kernels {bench['kernels']}: a shard takes {1e3 * alone / shards:.1f} ms, its longest weight gradient "
          f"{1e3 * chain:.2f} ms: at most {alone / shards / chain:.0f} workers in one group")
    print(f"efficiency, {shards} shards\n{'workers':>8} {'1 group':>9} {'shards/8 groups':>16}")
    for workers in WORKERS:
        line = []
        for groups in (1, shards // 8):
            took = simulate(workers, shards, groups, forward, backward)
            took += (groups - 1) * 12 * PARAMETERS / bench["copy_bytes_per_second"] / workers
            line.append(alone / (workers * took))
        print(f"{workers:8} {line[0]:9.2f} {line[1]:16.2f}")
    print_nodes(bench, shards, alone, forward, backward)


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
