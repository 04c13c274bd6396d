// SPDX-License-Identifier: MIT
// Emulates AMX on CPUs without it. Linked into a program in place of ambit_amx_permitted, it
// reports that tiles exist, and executes each AMX instruction when the CPU refuses it, as the Intel
// SDM, volume 2, defines them (TDPBF16PS, TILELOADD, …). For tests: a thousandth of the unit's
// speed.
#include "../src/kernel/bfloat16/bfloat16.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { TILES = 8, ROWS = 16, ROW_BYTES = 64 };

typedef struct Tiles {
    bool configured;
    uint8_t rows[TILES];
    uint16_t row_bytes[TILES];
    _Alignas(64) uint8_t data[TILES][ROWS][ROW_BYTES];
} Tiles;

static _Thread_local Tiles tiles;

/* A VEX-encoded instruction: prefix (none, 66, F3, F2), opcode in map 0F38, operands. */
typedef struct Instruction {
    unsigned prefix, opcode, reg, rm, vvvv;
    bool in_memory;
    uintptr_t address, stride; // of a memory operand; stride: its index register, scaled
    size_t length;
} Instruction;

static uintptr_t value_of(const ucontext_t *context, unsigned number)
{
    static const int place[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                  REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};
    return (uintptr_t)context->uc_mcontext.gregs[place[number]];
}

/* The address of a memory operand whose ModRM byte is at `code`; rip: after the instruction.
 * Returns what it takes beyond the ModRM byte. */
static size_t read_address(Instruction *in, const uint8_t *code, const ucontext_t *context,
                           unsigned index_high, unsigned base_high, uintptr_t next)
{
    unsigned mode = code[0] >> 6, base = code[0] & 7;
    size_t used = 0;
    bool without_base = mode == 0 && base == 5;
    in->address = in->stride = 0;
    if (base == 4) {
        unsigned index = (code[1] >> 3 & 7) | index_high;
        base = code[1] & 7;
        without_base = mode == 0 && base == 5;
        if (index != 4)
            in->stride = value_of(context, index) << (code[1] >> 6);
        used = 1;
    } else if (without_base) {
        in->address = next + 5; // relative to what follows this ModRM byte and four bytes
    }
    if (!without_base)
        in->address += value_of(context, base | base_high);
    if (mode == 1) {
        in->address += (uintptr_t)(intptr_t)(int8_t)code[1 + used];
        used += 1;
    } else if (mode == 2 || without_base) {
        int32_t displacement;
        memcpy(&displacement, code + 1 + used, sizeof displacement);
        in->address += (uintptr_t)(intptr_t)displacement;
        used += 4;
    }
    return used;
}

static bool decode(Instruction *in, const uint8_t *code, const ucontext_t *context)
{
    if (code[0] != 0xc4 || (code[1] & 31) != 2 || code[2] & 0x84) // VEX.128.0F38.W0
        return false;
    in->prefix = code[2] & 3;
    in->vvvv = ~(code[2] >> 3) & 15;
    in->opcode = code[3];
    in->reg = (code[4] >> 3 & 7) | (code[1] & 0x80 ? 0 : 8);
    in->rm = (code[4] & 7) | (code[1] & 0x20 ? 0 : 8);
    in->in_memory = code[4] >> 6 != 3;
    in->length = 5;
    if (in->in_memory)
        in->length += read_address(in, code + 4, context, code[1] & 0x40 ? 0 : 8,
                                   code[1] & 0x20 ? 0 : 8, (uintptr_t)code + 4);
    return true;
}

static float widened(uint16_t value)
{
    uint32_t bits = (uint32_t)value << 16;
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

/* c += a · b by pairs: products of early and of late halves have sums of their own. */
static void multiply_pairs(unsigned c, unsigned a, unsigned b)
{
    size_t columns = tiles.row_bytes[c] / 4u;
    for (size_t m = 0; m < tiles.rows[c]; m++) {
        float early[16] = {0}, late[16] = {0}, sum[16];
        const uint16_t *left = (const uint16_t *)tiles.data[a][m];
        for (size_t k = 0; k < tiles.row_bytes[a] / 4u; k++) {
            const uint16_t *right = (const uint16_t *)tiles.data[b][k];
            float l[2] = {widened(left[2 * k]), widened(left[2 * k + 1])};
            for (size_t n = 0; n < columns; n++) {
                early[n] += l[0] * widened(right[2 * n]);
                late[n] += l[1] * widened(right[2 * n + 1]);
            }
        }
        memcpy(sum, tiles.data[c][m], sizeof sum);
        for (size_t n = 0; n < columns; n++)
            sum[n] += early[n] + late[n];
        memcpy(tiles.data[c][m], sum, columns * sizeof *sum);
    }
}

/* The operand of LDTILECFG: palette 1, rows of 64 bytes at most, nothing in what is reserved. */
static bool configure(const uint8_t *from)
{
    for (size_t i = 1; i < 16; i++)
        if (from[i])
            return false;
    memset(&tiles, 0, sizeof tiles);
    for (size_t i = 0; i < 16; i++) {
        uint16_t bytes;
        memcpy(&bytes, from + 16 + 2 * i, sizeof bytes);
        uint8_t rows = from[48 + i];
        if (bytes > (i < TILES ? ROW_BYTES : 0) || rows > (i < TILES ? ROWS : 0) || bytes % 4)
            return false;
        if (i < TILES) {
            tiles.row_bytes[i] = bytes;
            tiles.rows[i] = rows;
        }
    }
    tiles.configured = from[0] == 1;
    return true;
}

static void move_rows(const Instruction *in, bool load)
{
    unsigned t = in->reg;
    if (load)
        memset(tiles.data[t], 0, sizeof tiles.data[t]);
    for (size_t r = 0; r < tiles.rows[t]; r++) {
        void *memory = (void *)(in->address + r * in->stride); // NOLINT
        if (load)
            memcpy(tiles.data[t][r], memory, tiles.row_bytes[t]);
        else
            memcpy(memory, tiles.data[t][r], tiles.row_bytes[t]);
    }
}

enum { NONE, P66, PF3, PF2 };

static bool carry_out(const Instruction *in)
{
    if (in->reg >= TILES || (!in->in_memory && in->rm >= TILES) || in->vvvv >= TILES)
        return false;
    switch (in->opcode << 4 | in->prefix) {
    case 0x490 | NONE: // LDTILECFG, TILERELEASE
        if (in->in_memory)
            return configure((const uint8_t *)in->address); // NOLINT
        memset(&tiles, 0, sizeof tiles);
        return true;
    case 0x490 | PF2: // TILEZERO
        if (!tiles.configured || in->in_memory)
            return false;
        memset(tiles.data[in->reg], 0, sizeof tiles.data[in->reg]);
        return true;
    case 0x4b0 | PF2: // TILELOADD
    case 0x4b0 | PF3: // TILESTORED
        if (!tiles.configured || !in->in_memory)
            return false;
        move_rows(in, in->prefix == PF2);
        return true;
    case 0x5c0 | PF3: // TDPBF16PS
        if (!tiles.configured || in->in_memory || in->reg == in->rm || in->reg == in->vvvv ||
            in->rm == in->vvvv)
            return false;
        multiply_pairs(in->reg, in->rm, in->vvvv);
        return true;
    default:
        return false;
    }
}

static void illegal(int number, siginfo_t *info, void *context_of)
{
    (void)info;
    ucontext_t *context = context_of;
    const uint8_t *code = (const uint8_t *)context->uc_mcontext.gregs[REG_RIP]; // NOLINT
    Instruction in = {0};
    if (!decode(&in, code, context) || !carry_out(&in)) {
        signal(number, SIG_DFL); // comes again, and ends the program
        return;
    }
    context->uc_mcontext.gregs[REG_RIP] += (greg_t)in.length;
}

bool ambit_amx_permitted(void)
{
    if (syscall(SYS_arch_prctl, 0x1023, 18) == 0) // as in amx_permitted.c: this CPU has its own
        return true;
    struct sigaction action = {.sa_sigaction = illegal, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    return sigaction(SIGILL, &action, NULL) == 0;
}
