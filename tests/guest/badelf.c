/* SPDX-License-Identifier: MIT */
/*
 * badelf.c - executables that are none, or not quite.
 *
 * A small sound program is built in memory (the case "sound" proves that it
 * runs) and then spoilt one field at a time, or anywhere at random.  execve
 * has to fail with an errno, or the child has to die of a signal, and the
 * caller lives.
 */
#include "guest.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BASE 0x400000ul

/* The file: header, three program headers, code; all in one page. */
static struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3];
	unsigned char code[64];
} image;

/* mov $60, %eax; mov $57, %edi; syscall */
static const unsigned char exit_57[] = { 0xb8, 60, 0, 0, 0,    0xbf,
					 57,   0,  0, 0, 0x0f, 0x05 };

static void
make_sound(void)
{
	image = (struct image){
		.header = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_entry = BASE + offsetof(struct image, code),
			.e_phoff = offsetof(struct image, segments),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 3,
		},
		.segments = {
			{
				.p_type = PT_LOAD,
				.p_flags = PF_R | PF_X,
				.p_vaddr = BASE,
				.p_filesz = sizeof(struct image),
				.p_memsz = sizeof(struct image),
				.p_align = PAGE,
			},
			{
				.p_type = PT_LOAD,
				.p_flags = PF_R | PF_W,
				.p_vaddr = BASE + 2 * PAGE,
				.p_filesz = 8,
				.p_memsz = 3 * PAGE,
				.p_align = PAGE,
			},
			{ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
		},
	};
	memcpy(image.code, exit_57, sizeof(exit_57));
}

static void
write_image(size_t length)
{
	int fd;

	unlink("elf");
	fd = (int)OK(open("elf", O_WRONLY | O_CREAT | O_TRUNC, 0755));
	CHECK_EQ(write(fd, &image, length), length);
	OK(close(fd));
}

/* What became of it: an exit status, 128 + signal, or 1000 + errno. */
static int
run_image(size_t length)
{
	char *argv[] = { "elf", NULL };
	int fds[2], error = 0, status;
	pid_t pid;

	write_image(length);
	OK(pipe2(fds, O_CLOEXEC));
	pid = CHILD({
		alarm(2); /* random code may loop */
		execve("elf", argv, NULL);
		error = errno;
		OK(write(fds[1], &error, sizeof(error)));
	});
	OK(close(fds[1]));
	OK(read(fds[0], &error, sizeof(error)));
	OK(close(fds[0]));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (error)
		return 1000 + error;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
refused(int line)
{
	int result = run_image(sizeof(image));

	if (result == 1000 + ENOEXEC || result == 1000 + ENOMEM ||
	    result == 1000 + EINVAL || result == 1000 + EFAULT ||
	    result == 1000 + EIO || result == 1000 + EPERM ||
	    result == 1000 + E2BIG)
		return;
	/* Too late to go back, Linux kills: SIGKILL or SIGSEGV. */
	if (result == 128 + SIGKILL || result == 128 + SIGSEGV ||
	    result == 128 + SIGBUS)
		return;
	errno = 0;
	guest_fail(__FILE__, line, "result is %d", result);
}

/* Spoil one thing of a sound image and see it refused. */
#define REFUSED(...)               \
	do {                       \
		make_sound();      \
		__VA_ARGS__;       \
		refused(__LINE__); \
	} while (0)

CASE(sound)
{
	make_sound();
	CHECK_EQ(run_image(sizeof(image)), 57);
}

CASE(not_an_elf)
{
	REFUSED(image.header.e_ident[0] = 'x');
	REFUSED(image.header.e_ident[3] = 'f');
	REFUSED(image.header.e_type = ET_REL);
	REFUSED(image.header.e_type = ET_CORE);
	REFUSED(image.header.e_type = 0xffff);
	REFUSED(image.header.e_machine = EM_AARCH64);
	REFUSED(image.header.e_machine = 0);
}

CASE(program_headers)
{
	REFUSED(image.header.e_phnum = 0);
	REFUSED(image.header.e_phnum = 0xffff);
	REFUSED(image.header.e_phentsize = 0);
	REFUSED(image.header.e_phentsize = 55);
	REFUSED(image.header.e_phoff = 0x7fffffff);
	REFUSED(image.header.e_phoff = (Elf64_Off)-1);
	REFUSED(image.header.e_phoff = (Elf64_Off)-64);
}

CASE(segment_addresses)
{
	REFUSED(image.segments[0].p_vaddr = 0xffff800000000000);
	REFUSED(image.segments[0].p_vaddr = 0x800000000000);
	REFUSED(image.segments[0].p_vaddr = 0x7ffffffff000);
	REFUSED(image.segments[0].p_vaddr = (Elf64_Addr)-PAGE);
	REFUSED(image.segments[1].p_vaddr = 0xffffffff80000000);
	REFUSED(image.segments[0].p_vaddr = BASE + 1); /* not like its offset */
}

CASE(segment_sizes)
{
	REFUSED(image.segments[0].p_filesz = (Elf64_Xword)-1);
	REFUSED(image.segments[0].p_memsz = (Elf64_Xword)-1);
	REFUSED(image.segments[1].p_memsz = 1ul << 47);
	REFUSED(image.segments[1].p_memsz = (Elf64_Xword)-BASE);
	REFUSED(image.segments[0].p_memsz = 16); /* less than the file's */
	REFUSED(image.segments[0].p_offset = (Elf64_Off)-PAGE);
}

CASE(entry_points)
{
	REFUSED(image.header.e_entry = 0);
	REFUSED(image.header.e_entry = 0x800000000000);
	REFUSED(image.header.e_entry = 0xffffffff80000000);
	REFUSED(image.header.e_entry = BASE + 2 * PAGE); /* data */
	REFUSED(image.header.e_entry = (Elf64_Addr)-1);
}

CASE(null_page)
{
	need_root();
	become_nobody();
	OK(chdir("/tmp"));
	if (access("/tmp", W_OK))
		SKIP("nobody cannot write to /tmp");
	make_sound();
	/* Maps page 0 unless the kernel forbids it, as it should. */
	image.segments[1].p_vaddr = 0;
	refused(__LINE__);
	unlink("/tmp/elf");
}

CASE(interpreter)
{
	REFUSED(image.segments[2].p_type = PT_INTERP;
		image.segments[2].p_filesz = 0);
	REFUSED(image.segments[2].p_type = PT_INTERP;
		image.segments[2].p_filesz = 1ul << 40);
	REFUSED(image.segments[2].p_type = PT_INTERP;
		image.segments[2].p_filesz = 5000);
	/* not terminated */
	REFUSED(image.segments[2].p_type = PT_INTERP;
		image.segments[2].p_filesz = 4; /* the magic bytes */
		image.segments[2].p_offset = 0);
	make_sound();
	image.segments[2].p_type = PT_INTERP;
	image.segments[2].p_offset = offsetof(struct image, code) + 32;
	image.segments[2].p_filesz = 8;
	memcpy(image.code + 32, "/absent", 8);
	CHECK_EQ(run_image(sizeof(image)), 1000 + ENOENT);
	put_file("text", "This is no program, and long enough to see that.  "
			 "A header of 64 bytes would fit here.\n");
	memcpy(image.code + 32, "./text\0", 8);
	CHECK_EQ(run_image(sizeof(image)), 1000 + EACCES);
	OK(chmod("text", 0755));
	CHECK_EQ(run_image(sizeof(image)), 1000 + ELIBBAD);
	/* Nor is a directory one. */
	memcpy(image.code + 32, "/proc", 6);
	image.segments[2].p_filesz = 6;
	CHECK_EQ(run_image(sizeof(image)), 1000 + EACCES);
}

CASE(truncated_anywhere)
{
	for (size_t n = 0; n < offsetof(struct image, code); n += 7) {
		int result;

		make_sound();
		result = run_image(n);
		CHECK(result >= 128);
	}
}

CASE(overlapping_segments)
{
	int result;

	make_sound();
	image.segments[1] = image.segments[0];
	image.segments[1].p_flags = PF_R;
	result = run_image(sizeof(image));
	/* whichever lies on top, or a refusal */
	CHECK(result == 57 || result >= 128);
}

CASE(bss_is_zero_and_large)
{
	/* mov $60,%eax; movzbl BASE+2*PAGE+100,%edi; syscall */
	static const unsigned char code[] = { 0xb8, 60,   0,    0,    0,
					      0x0f, 0xb6, 0x3c, 0x25, 0x64,
					      0x20, 0x40, 0,    0x0f, 0x05 };

	make_sound();
	memcpy(image.code, code, sizeof(code));
	/* the rest of the last page of the file must not show through */
	CHECK_EQ(run_image(sizeof(image)), 0);
}

CASE(random_headers)
{
	unsigned seed = 3;

	guest_limit(90);
	for (int round = 0; round < 250; round++) {
		unsigned char *bytes = (unsigned char *)&image;

		make_sound();
		for (int i = 1 + rand_r(&seed) % 4; i > 0; i--)
			bytes[(size_t)rand_r(&seed) %
			      offsetof(struct image, code)] =
				(unsigned char)rand_r(&seed);
		run_image(sizeof(image));
	}
}

CASE(random_programs)
{
	unsigned seed = 5;

	guest_limit(90);
	/* Sound headers, random code: crashme. */
	for (int round = 0; round < 60; round++) {
		make_sound();
		for (size_t i = 0; i < sizeof(image.code); i++)
			image.code[i] = (unsigned char)rand_r(&seed);
		/* no system calls: they would be the host's, too */
		for (size_t i = 0; i + 1 < sizeof(image.code); i++) {
			if (image.code[i] == 0x0f || image.code[i] == 0xcd)
				image.code[i] = 0x90;
		}
		run_image(sizeof(image));
	}
}
