/* SPDX-License-Identifier: MIT */
/*
 * protection.c - what user code must not be able to do.
 *
 * Each attempt is made by a process of its own, which has to die of the right
 * signal (or get an errno) while the machine goes on.
 */
#include "guest.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIXED_NOREPLACE 0x100000

/* Basic asm: the process is to die of it, so nothing is to be kept. */
#define ASM(text) __asm__ volatile(text)

CASE(privileged_instructions)
{
	DIES_BY(SIGSEGV, ASM("hlt"));
	DIES_BY(SIGSEGV, ASM("cli"));
	DIES_BY(SIGSEGV, ASM("sti"));
	DIES_BY(SIGSEGV, ASM("wrmsr"));
	DIES_BY(SIGSEGV, ASM("rdmsr"));
	DIES_BY(SIGSEGV, ASM("clts"));
	DIES_BY(SIGSEGV, ASM("invd"));
	DIES_BY(SIGSEGV, ASM("wbinvd"));
	DIES_BY(SIGSEGV, ASM("swapgs"));
	DIES_BY(SIGSEGV, ASM("sysretq"));
	DIES_BY(SIGSEGV, ASM("mov %cr0, %rax"));
	DIES_BY(SIGSEGV, ASM("mov %cr3, %rax"));
	DIES_BY(SIGSEGV, ASM("mov %cr4, %rax"));
	DIES_BY(SIGSEGV, ASM("xor %eax, %eax; mov %rax, %cr3"));
	DIES_BY(SIGSEGV, ASM("mov %dr7, %rax"));
	DIES_BY(SIGSEGV, ASM("xor %eax, %eax; mov %rax, %dr0"));
	DIES_BY(SIGSEGV, ASM("invlpg (%rsp)"));
	DIES_BY(SIGSEGV, ASM("lgdt (%rsp)"));
	DIES_BY(SIGSEGV, ASM("lidt (%rsp)"));
	DIES_BY(SIGSEGV, ASM("xor %eax, %eax; lldt %ax"));
	DIES_BY(SIGSEGV, ASM("xor %eax, %eax; ltr %ax"));
	DIES_BY(SIGSEGV, ASM("xor %eax, %eax; lmsw %ax"));
	DIES_BY(SIGSEGV, ASM("xor %ecx, %ecx; xsetbv"));
}

CASE(ports)
{
	DIES_BY(SIGSEGV, ASM("inb $0x60, %al"));
	DIES_BY(SIGSEGV, ASM("outb %al, $0x80"));
	DIES_BY(SIGSEGV, ASM("mov $0x3f8, %edx; inb %dx, %al"));
	DIES_BY(SIGSEGV, ASM("mov $0xcf8, %edx; inl %dx, %eax"));
}

CASE(interrupt_gates)
{
	DIES_BY(SIGSEGV, ASM("int $0x20"));
	DIES_BY(SIGSEGV, ASM("int $0x0e"));
	DIES_BY(SIGSEGV, ASM("int $0x08"));
	DIES_BY(SIGSEGV, ASM("int $0x02"));
	DIES_BY(SIGSEGV, ASM("int $0xff"));
	DIES_BY(SIGSEGV, ASM("int $0xf0"));
}

/* Linux answers sgdt, sidt and smsw itself with made-up values. */
static void
umip(const char *name, void (*run)(void))
{
	int status;
	pid_t pid = CHILD({ run(); });

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		CHECK_EQ(WTERMSIG(status), SIGSEGV);
	else if (WEXITSTATUS(status))
		guest_fail(__FILE__, __LINE__, "%s tells an address", name);
}

static void
try_sgdt(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) table = { 0 };

	__asm__ volatile("sgdt %0" : "=m"(table));
	_exit(table.base == 0 || table.base == 0xfffffffffffe0000 ? 0 : 1);
}

static void
try_sidt(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) table = { 0 };

	__asm__ volatile("sidt %0" : "=m"(table));
	_exit(table.base == 0 || table.base == 0xffffffffffff0000 ? 0 : 1);
}

/* Selectors, made up as well: Linux says 0 and 0x40. */
static void
try_sldt(void)
{
	unsigned selector;

	__asm__ volatile("sldt %0" : "=r"(selector));
	_exit((selector & 0xffff) != 0);
}

static void
try_str(void)
{
	unsigned selector;

	__asm__ volatile("str %0" : "=r"(selector));
	_exit((selector & 0xffff) != 0x40);
}

CASE(descriptor_tables_are_hidden)
{
	char cpu[16384];

	get_file("/proc/cpuinfo", cpu, sizeof(cpu));
	if (!strstr(cpu, " umip"))
		SKIP("the processor has no UMIP");
	umip("sgdt", try_sgdt);
	umip("sidt", try_sidt);
	umip("sldt", try_sldt);
	umip("str", try_str);
}

static const unsigned long kernel_places[] = {
	0xffff800000000000, 0xffff888000000000, 0xffffc90000000000,
	0xffffffff80000000, 0xffffffff81000000, 0xffffffffff5fb000,
	0xfffffffffffff000, 0xfffffe0000000000,
};

CASE(kernel_memory_cannot_be_read)
{
	for (size_t i = 0; i < COUNT(kernel_places); i++)
		DIES_BY(SIGSEGV, (void)*(volatile char *)kernel_places[i]);
}

CASE(kernel_memory_cannot_be_written)
{
	for (size_t i = 0; i < COUNT(kernel_places); i++)
		DIES_BY(SIGSEGV, *(volatile char *)kernel_places[i] = 1);
}

CASE(kernel_code_cannot_be_run)
{
	for (size_t i = 0; i < COUNT(kernel_places); i++)
		DIES_BY(SIGSEGV, ((void (*)(void))kernel_places[i])());
	DIES_BY(SIGSEGV, ((void (*)(void))0x800000000000)());
}

/* A #GP for want of an address to tell: SIGSEGV, or SIGBUS by the stack. */
CASE(addresses_that_are_none)
{
	DIES_BY(SIGSEGV, (void)*(volatile char *)0x800000000000);
	DIES_BY(SIGSEGV, (void)*(volatile char *)0x4141414141414141);
	DIES_BY(SIGSEGV, *(volatile char *)0xff00000000000000 = 1);
}

CASE(wild_stack_pointers)
{
	static const unsigned long places[] = { 0, 8, 0x800000000000,
						0xffff800000001000,
						0xfffffffffffffff8 };

	for (size_t i = 0; i < COUNT(places); i++) {
		int status;
		pid_t pid = CHILD({
			__asm__ volatile("mov %0, %%rsp\n push %%rax\n"
					 :
					 : "r"(places[i])
					 : "memory");
		});

		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status));
		CHECK(WTERMSIG(status) == SIGSEGV ||
		      WTERMSIG(status) == SIGBUS);
	}
}

/* The kernel must not use the user's stack pointer, whatever it says. */
CASE(calls_with_a_wild_stack_pointer)
{
	static const unsigned long places[] = { 0, 1, 0x800000000000,
						0xffff800000001000, -1ul };

	for (size_t i = 0; i < COUNT(places); i++) {
		long pid = 0;

		__asm__ volatile("mov %%rsp, %%r12\n"
				 "mov %2, %%rsp\n"
				 "syscall\n"
				 "mov %%r12, %%rsp\n"
				 : "=a"(pid)
				 : "a"(SYS_getpid), "r"(places[i])
				 : "rcx", "r11", "r12", "memory");
		CHECK_EQ(pid, getpid());
	}
}

CASE(segment_selectors)
{
	static const unsigned short selectors[] = { 0x08, 0x10,   0x18,   0x20,
						    0x38, 0x40,   0x48,   0x50,
						    0xf8, 0xfff8, 0xfffc, 0x07,
						    0x0f };

	for (size_t i = 0; i < COUNT(selectors); i++) {
		unsigned s = selectors[i];
		int status;
		pid_t pid = CHILD({
			__asm__ volatile("mov %0, %%ds\n mov %0, %%es\n"
					 :
					 : "r"(s));
		});

		CHECK_EQ(waitpid(pid, &status, 0), pid);
		pid = CHILD({
			__asm__ volatile("mov %0, %%fs\n mov %0, %%gs\n"
					 :
					 : "r"(s));
			for (;;)
				; /* with no %fs even _exit() may fault */
		});
		sleep_ms(1);
		kill(pid, SIGKILL);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		DIES(CHILD({
			     /*
			      * A far jump; lretq would read its stack with
			      * the kernel's rights under TCG.
			      */
			     struct {
				     unsigned offset;
				     unsigned short selector;
			     } __attribute__((packed))
			     far = { 0, (unsigned short)s };

			     __asm__ volatile("lea 1f(%%rip), %%eax\n"
					      "mov %%eax, %0\n"
					      "ljmp *%0\n"
					      "1: hlt\n"
					      : "+m"(far)
					      :
					      : "rax", "memory");
		     }),
		     SIGSEGV);
	}
}

CASE(alignment_check_flag_is_harmless)
{
	int status;
	pid_t pid = CHILD({
		__asm__ volatile("pushfq\n orq $0x40000, (%%rsp)\n popfq\n"
				 "mov %0, %%eax\n syscall\n"
				 "pushfq\n andq $~0x40000, (%%rsp)\n popfq\n"
				 :
				 : "i"(SYS_getpid)
				 : "rax", "rcx", "r11", "memory", "cc");
	});

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* Direction and alignment flags set: a call must not run with them. */
CASE(direction_flag_does_not_reach_the_kernel)
{
	char text[64];
	long n;

	memset(text, 'x', sizeof(text));
	__asm__ volatile("std\n syscall\n cld\n"
			 : "=a"(n)
			 : "a"(SYS_getcwd), "D"(text), "S"(sizeof(text))
			 : "rcx", "r11", "memory", "cc");
	CHECK(n > 0);
	CHECK_EQ(text[0], '/');
	CHECK_EQ(text[63], 'x');
}

CASE(popf_cannot_raise_iopl)
{
	unsigned long flags;

	__asm__ volatile("pushfq\n orq $0x3000, (%%rsp)\n popfq\n"
			 "pushfq\n pop %0\n"
			 : "=r"(flags)
			 :
			 : "memory", "cc");
	CHECK_EQ(flags & 0x3000, 0);
	CHECK_EQ(flags & 0x200, 0x200);
}

CASE(iopl_is_for_root)
{
	need_root();
	become_nobody();
	errno = 0;
	CHECK(syscall(SYS_iopl, 3) == -1 &&
	      (errno == EPERM || errno == ENOSYS));
	errno = 0;
	CHECK(syscall(SYS_ioperm, 0x80, 1, 1) == -1 &&
	      (errno == EPERM || errno == ENOSYS));
}

CASE(fs_base_stays_in_user_space)
{
	FAILS(syscall(SYS_arch_prctl, 0x1002, 0x800000000000), EPERM);
	FAILS(syscall(SYS_arch_prctl, 0x1002, 0xffff800000000000), EPERM);
	FAILS(syscall(SYS_arch_prctl, 0x1001, -1ul), EPERM);
	FAILS(syscall(SYS_arch_prctl, 0x9999, 0), EINVAL);
}

/* The call at the last bytes of user space returns to no address at all. */
CASE(call_at_the_end_of_user_space)
{
	static const unsigned char code[] = { 0x0f, 0x05 }; /* syscall */
	char *page = mmap((void *)0x7fffffffe000, PAGE,
			  PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | FIXED_NOREPLACE, -1, 0);

	if (page != (void *)0x7fffffffe000)
		SKIP("the last page is not to be had");
	memcpy(page + PAGE - 2, code, 2);
	DIES_BY(SIGSEGV, {
		__asm__ volatile("jmp *%1"
				 :
				 : "a"(SYS_getpid), "r"(page + PAGE - 2)
				 : "rcx", "r11", "memory");
	});
	FAILS(mmap((void *)0x7ffffffff000, PAGE, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
	      ENOMEM);
}

static __attribute__((noinline)) int
recurse(int n)
{
	volatile char block[512];

	block[n & 511] = (char)n;
	return recurse(n + 1) + block[0];
}

CASE(stack_overflow)
{
	DIES_BY(SIGSEGV, recurse(0));
}

CASE(single_step_into_the_kernel)
{
	/* TF over syscall: a SIGTRAP for the process, nothing for the rest. */
	DIES_BY(SIGTRAP, {
		__asm__ volatile("pushfq\n orq $0x100, (%%rsp)\n popfq\n"
				 "mov %0, %%eax\n syscall\n nop\n nop\n"
				 :
				 : "i"(SYS_getpid)
				 : "rax", "rcx", "r11", "memory", "cc");
	});
}

CASE(nested_task_flag)
{
	int status;
	pid_t pid = CHILD({
		__asm__ volatile("pushfq\n orq $0x4000, (%%rsp)\n popfq\n"
				 "mov %0, %%eax\n syscall\n"
				 :
				 : "i"(SYS_getpid)
				 : "rax", "rcx", "r11", "memory", "cc");
		sleep_ms(5);
	});

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(status == 0 || WIFSIGNALED(status));
}

CASE(old_entries)
{
	int status;

	/* int 0x80 and sysenter: a 32-bit entry that is not there. */
	pid_t pid = CHILD({
		__asm__ volatile("mov $20, %%eax\n int $0x80" : : : "rax");
	});
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(!WIFSIGNALED(status) || WTERMSIG(status) == SIGSEGV);
	pid = CHILD({ ASM("sysenter"); });
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
}
