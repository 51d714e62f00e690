# SPDX-License-Identifier: BSD-2-Clause
"""Why each row of the table costs what it does, for a reader who knows no RISC-V."""

_CONTEXT = (
    "As with two processes and no data: one system call that blocks, a choice of the next process, "
    "and a change of page tables, which is a trip for a deprivileged kernel and none under hw. "
    "What reading the {} costs is subtracted, and counts of instructions know no caches, which on "
    "a real machine are what makes this row dearer than the one without data.")

WHY = {
    "null_call":
        "The program asks the kernel for something trivial, so nearly all of the cost is going in "
        "and out: the kernel reads and writes some eight privileged registers to do so. Under te "
        "each of these, and the call itself, is a trip to the hypervisor; in pv step 1 the "
        "registers are ordinary memory, so only entry and return remain; under hw the processor "
        "has a second set of registers for guests and nobody is asked.",
    "null_io":
        "A one-byte read or write is a system call with a little more work behind it: find the "
        "open file, copy a byte. The work costs the same everywhere; the way in and out is what "
        "te pays for, so the ratio is below that of the null call.",
    "stat":
        "The kernel walks a path name to a file and copies its attributes out. That walk is "
        "ordinary code at full speed, so the fixed price of entering and leaving the kernel is "
        "spread over more work.",
    "open_close":
        "Two system calls and a path name walk. So the price of entering the kernel is paid "
        "twice, beside work that no mode slows down.",
    "select":
        "One system call asks about a hundred open files, one after the other in a loop. The loop "
        "is ordinary code and hides the price of the one entry: all modes come close to native.",
    "sig_install":
        "The program tells the kernel which function to call for a signal, which only fills in a "
        "table. As with the null call, what differs between the modes is the way in and out.",
    "sig_handle":
        "The kernel interrupts the program, makes it run its handler and gets control back by "
        "another system call. That is more than one passage between kernel and program, and under "
        "te every passage is a series of trips to the hypervisor.",
    "fork":
        "The kernel copies a process: hundreds of page table entries are written, and later the "
        "pages that parent or child write to are copied after a fault. Writing the tables is free "
        "under te (nobody watches them), but each fault, each fence that makes the processor "
        "forget old translations and each page first used by the kernel is a trip; the copying "
        "itself, which is most of the work, runs at full speed.",
    "exec":
        "A process is copied and then replaced by another program, which starts, ends and is "
        "waited for. It is fork with a second set of page tables and more page faults, so the "
        "trips are more, but so is the plain copying between them.",
    "sh":
        "A shell is started which starts a program: two forks and two program starts, and the "
        "shell's own system calls between them. Those calls are why the ratio is above that of "
        "exec: each is dear under te, while the copying of processes is not.",
    "ctx_2p_0k":
        "One process stops and another goes on: the kernel saves registers and makes the processor "
        "use other page tables, by one privileged register. Deprivileged, that one write is a trip "
        "in which the hypervisor finds the shadow tables of the other process; under hw it is a "
        "plain instruction.",
    "ctx_2p_16k": _CONTEXT.format("16 KiB"),
    "ctx_2p_64k": _CONTEXT.format("64 KiB"),
    "ctx_8p_16k": _CONTEXT.format("16 KiB"),
    "ctx_8p_64k": _CONTEXT.format("64 KiB"),
    "ctx_16p_16k": _CONTEXT.format("16 KiB"),
    "ctx_16p_64k": _CONTEXT.format("64 KiB"),
    "file_create_0k":
        "A file is made in a file system that lives in memory: a name is entered into a directory, "
        "and no device is asked. The modes differ by the price of entering the kernel for each "
        "call only.",
    "file_delete_0k":
        "A name is taken out of a directory and its file given back to the kernel's memory. Again "
        "one entry into the kernel and some ordinary work.",
    "file_create_10k":
        "The file gets 10 KiB of contents, so memory is found and bytes are copied. Copying runs "
        "at full speed in every mode and makes the entries into the kernel matter less.",
    "file_delete_10k":
        "As for the empty file, and the memory of its contents is given back. What the modes add "
        "is the price of the entry into the kernel.",
    "mmap":
        "Memory is mapped, some of its pages are touched for the first time and all is unmapped. "
        "Each first touch is a page fault that enters the kernel, and unmapping needs fences that "
        "make the processor forget translations: both are trips under te and pv.",
    "prot_fault":
        "A program writes where it may not; the processor reports that to the kernel, which tells "
        "the program by a signal. Under te the report arrives at the hypervisor first, which "
        "passes it on, and the kernel's reading of what happened (which address, which kind) is "
        "one more trip for each register.",
    "page_fault":
        "A program reads a page of a mapped file for the first time; the processor stops it, the "
        "kernel finds the page, writes a page table entry and lets it go on, and later takes the "
        "entry away again. Under te the stop, the "
        "registers that say where it was, and the fence after the entry are trips; the program "
        "itself then uses the guest's own page table, so the hypervisor need not copy the entry.",
    "pipe":
        "Two processes send a byte to and fro: four system calls and two switches between "
        "processes. It adds up what the null call and the context switch cost in each mode.",
    "csr_read":
        "The kernel reads one of its privileged registers, one instruction on a bare machine. "
        "Deprivileged it may not: the processor stops it, and the hypervisor saves its registers, "
        "works out what was wanted, fills in the answer and lets it go on. In pv step 1 the value "
        "stands in memory that both share, and it is one instruction again.",
    "csr_write":
        "The same as reading, and the hypervisor must check what is written before it takes it "
        "over. In pv step 1 it is a store to memory.",
    "irq_toggle":
        "A kernel turns interrupts off and on around whatever must not be disturbed, thousands of "
        "times a second. Under te that is two trips; in pv step 1 it is a flag in shared memory, "
        "and a look whether an interrupt came meanwhile.",
    "sret":
        "The instruction that ends the kernel's work and returns to what it interrupted. It "
        "changes the privilege level, so a deprivileged kernel cannot be allowed to execute it: "
        "the hypervisor does it in its place, by a trap in te and by a call in pv.",
    "sfence":
        "The kernel has changed a page table and tells the processor to forget what it remembers "
        "of it. Deprivileged, that is also how the hypervisor learns of the change, so it drops "
        "the same page from its shadow tables.",
    "satp_switch":
        "The kernel makes the processor use the page tables of another process. Deprivileged, the "
        "hypervisor looks up the shadow tables that belong to it and puts those in use instead.",
    "timer_sbi":
        "The kernel asks to be woken at a time, by a call to the software below it. On a bare "
        "machine that is the firmware, which saves and restores more than Strata does: a "
        "hypervisor answers in fewer instructions than the firmware, so the ratio is below 1.",
    "timer_sstc":
        "Newer processors have a register for the kernel's own alarm. It needs the hardware's help "
        "to be given to a guest, so it exists natively and under hw only.",
    "null_sbi":
        "The cheapest call to the software below the kernel (which version are you?). Natively "
        "the firmware answers, in a guest Strata does, with a shorter way in and out.",
    "ipi_self":
        "A processor asks to be interrupted by itself, as it would another, and takes the "
        "interrupt. Sending is a call downward in every mode; taking it means reading and "
        "writing privileged registers, which are trips under te.",
    "mmio_read":
        "The kernel reads a register of a device. Natively that is one load; a guest has no real "
        "device, so in every mode the load stops, the hypervisor works out which register of which "
        "device was meant and answers in software.",
    "cpu_bound":
        "A program that only computes does nothing that a hypervisor could see. Its instructions "
        "are executed by the processor itself in every mode, which is why virtual machines are "
        "usable at all.",
    "script_mix":
        "A shell script that unpacks, searches, sorts and compresses: programs start and end, data "
        "flow through pipes, and in between there is plain computing. The trips of the single rows "
        "above are diluted by that.",
    "busybox_mix":
        "The same kind of script, but every command is busybox, as Debian built it for Linux: the "
        "file is the same to the bit in every mode and on Linux, as the hash at the end of "
        "this page proves. It behaves as script_mix does.",
    "pipe_heavy":
        "Programs that pass data to each other in small pieces live in the kernel: every piece is "
        "two system calls and often a switch. This is close to the worst that a real program can "
        "do to trap-and-emulate.",
    "fork_heavy":
        "Process after process is made and ended. The page faults, fences and new page tables of "
        "the fork row come at the rate at which a busy build or a shell script would make them.",
    "app_unmodified":
        "A program that asks the kernel for small things all the time, with the usual C library: "
        "each is a system call. It is the yardstick for the same program below, whose library "
        "knows about the hypervisor.",
    "app_paravirtual":
        "The same source with a library that reads the time from a page shared with the kernel and "
        "sends several requests in one system call. Fewer entries into the kernel are worth most "
        "where an entry is dear, so te gains most; on the bare machine the detour costs more than "
        "it saves. Xen's promise was that applications need not be changed: this row is its price.",
}


def explanation(op):
    """The text of a row; one that says so for a row that has none."""
    return WHY.get(op, "Nobody has written down yet what happens in this row. "
                       "Its breakdown and make explain show it.")


# What the causes of a breakdown are, in words: the first pattern that is found in a cause's name.
# Causes with the same words are one part of the picture.
PARTS = (
    (r"SYSCALL inject", "system calls handed on to the guest's kernel"),
    (r"PAGE_FAULT inject", "page faults handed on to the guest's kernel"),
    (r"inject", "traps handed on to the guest's kernel"),
    (r"shadow", "shadow page tables filled in"),
    (r"sret|iret", "returns from the kernel, done in its place"),
    (r"fence", "fences: old translations forgotten"),
    (r"satp", "changes of page tables"),
    (r"csr", "privileged registers read or written"),
    (r"wfi|block", "waiting for something to happen"),
    (r"IRQ", "interrupts of the machine"),
    (r"GUEST_PAGE_FAULT (ns16550|uart|plic|virtio|mmio)", "device registers answered in software"),
    (r"GUEST_PAGE_FAULT", "memory given to the guest"),
    (r"SYSCALL \w+\.", "calls that the guest's kernel makes"),
    (r"switch|sched", "guest put on and off the processor"),
)
