/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another program in the current process: its arguments, its stack, its first registers.
 * Linux man-pages, execve(2), getauxval(3).
 */
#include "proc/exec.h"

#include "fs/fds.h"
#include "fs/path.h"
#include "lib/errno.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/mm.h"
#include "mm/user.h"
#include "priv/priv.h"
#include "proc/elf.h"
#include "proc/proc.h"
#include "proc/thread.h"
#include "proc/vfork.h"

/* At most of one string, and at least of all. */
#define EXEC_STRING_MAX		0x20000
#define EXEC_STRINGS_LEAST	0x20000
#define EXEC_SCRIPT_DEPTH	5
#define EXEC_SCRIPT_LINE	256	/* what is looked at of a script's first line */
/* I, M, A, F, D, C, as AT_HWCAP gives them. */
#define EXEC_HWCAP		(1UL << 8 | 1UL << 12 | 1UL << 0 | 1UL << 5 | 1UL << 3 | 1UL << 2)

#define AT_PHDR		3
#define AT_PHENT	4
#define AT_PHNUM	5
#define AT_PAGESZ	6
#define AT_BASE		7
#define AT_FLAGS	8
#define AT_ENTRY	9
#define AT_UID		11
#define AT_EUID		12
#define AT_GID		13
#define AT_EGID		14
#define AT_HWCAP	16
#define AT_CLKTCK	17
#define AT_SECURE	23
#define AT_RANDOM	25
#define AT_EXECFN	31
/* Not Linux's: where struct mm_shared is. */
#define AT_STRATA_TIME	0x5354

/* Arguments and environment, one string behind the other. */
struct exec_strings {
	char *text;
	size_t length, room;
	size_t argc, envc;
};

/* As on Linux: strings and pointers to them take a quarter of the stack. */
static size_t exec_strings_max(void)
{
	uint64_t stack = MIN(proc_current->leader->limits[RLIMIT_STACK].now, LAYOUT_STACK_MAX);

	return MAX(stack / 4, EXEC_STRINGS_LEAST);
}

static int exec_reserve(struct exec_strings *s, size_t more)
{
	size_t room = MAX(s->room, 4096UL);
	char *text;

	if (s->length + more + (s->argc + s->envc) * sizeof(uint64_t) > exec_strings_max())
		return -E2BIG;
	if (s->length + more <= s->room)
		return 0;
	while (room < s->length + more)
		room *= 2;
	text = heap_alloc(room);
	if (!text)
		return -ENOMEM;
	if (s->text)
		memcpy(text, s->text, s->length);
	heap_free(s->text);
	s->text = text;
	s->room = room;
	return 0;
}

static int exec_add(struct exec_strings *s, const char *string)
{
	size_t length = strlen(string) + 1;
	int error = exec_reserve(s, length);

	if (error)
		return error;
	memcpy(s->text + s->length, string, length);
	s->length += length;
	return 0;
}

static int exec_add_user(struct exec_strings *s, uint64_t addr)
{
	ssize_t length = -ENAMETOOLONG;
	size_t piece = 256;

	/* The length is not known: try with more and more room. */
	while (length == -ENAMETOOLONG && piece <= EXEC_STRING_MAX) {
		int error = exec_reserve(s, piece);

		if (error)
			return error;
		length = user_read_string(s->text + s->length, addr, piece);
		piece *= 2;
	}
	if (length < 0)
		return length == -ENAMETOOLONG ? -E2BIG : (int)length;
	s->length += (size_t)length + 1;
	return 0;
}

static int exec_add_user_list(struct exec_strings *s, uint64_t list, size_t *count)
{
	uint64_t addr;
	int error;

	for (*count = 0; list; list += 8, ++*count) {
		error = user_read(&addr, list, sizeof(addr));
		if (error || !addr)
			return error;
		error = exec_add_user(s, addr);
		if (error)
			return error;
	}
	return 0;
}

static uint64_t *exec_push_vector(uint64_t *v, uint64_t *string, const char **text, size_t count)
{
	for (; count; count--) {
		size_t length = strlen(*text) + 1;

		*v++ = *string;
		*string += length;
		*text += length;
	}
	*v++ = 0;
	return v;
}

/* 18 pairs of words. */
#define EXEC_AUXV_SIZE	(18UL * 16)

static uint64_t *exec_push_auxv(uint64_t *v, const struct elf_image *image, uint64_t random,
				uint64_t name)
{
	const struct cred *cred = &proc_current->cred;
	const uint64_t auxv[][2] = {
		{ AT_PHDR, image->headers }, { AT_PHENT, image->header_size },
		{ AT_PHNUM, image->header_count }, { AT_PAGESZ, PAGE_SIZE }, { AT_BASE, 0 },
		{ AT_FLAGS, 0 }, { AT_ENTRY, image->entry }, { AT_UID, cred->user.real },
		{ AT_EUID, cred->user.effective }, { AT_GID, cred->group.real },
		{ AT_EGID, cred->group.effective }, { AT_HWCAP, EXEC_HWCAP }, { AT_CLKTCK, 100 },
		{ AT_SECURE, 0 }, { AT_RANDOM, random }, { AT_EXECFN, name },
		{ AT_STRATA_TIME, LAYOUT_SHARED }, { 0, 0 },
	};

	_Static_assert(sizeof(auxv) == EXEC_AUXV_SIZE, "exec_build_stack() makes room for it");
	memcpy(v, auxv, sizeof(auxv));
	return v + sizeof(auxv) / sizeof(*v);
}

/* From the top: strings, the name, random bytes; below them argc, argv, envp and auxv. */
static int exec_build_stack(const struct exec_strings *s, const struct elf_image *image,
			    const char *name, uint64_t *sp)
{
	size_t name_length = strlen(name) + 1;
	size_t vectors = (s->argc + s->envc + 3) * 8 + EXEC_AUXV_SIZE;
	uint64_t strings = LAYOUT_STACK_TOP - 8 - s->length;
	uint64_t name_at = strings - name_length, random_at = ALIGN_DOWN(name_at - 16, 16);
	uint64_t string = strings, *block = heap_alloc(vectors), *v = block, random[2];
	const char *text = s->text;
	int error;

	if (!block)
		return -ENOMEM;
	random[0] = random_next();
	random[1] = random_next();
	*sp = ALIGN_DOWN(random_at - vectors, 16);
	*v++ = s->argc;
	v = exec_push_vector(v, &string, &text, s->argc);
	proc_current->mm->arg_start = strings;
	proc_current->mm->arg_end = string;
	proc_current->mm->env_end = strings + s->length;
	v = exec_push_vector(v, &string, &text, s->envc);
	exec_push_auxv(v, image, random_at, name_at);
	error = user_write(strings, s->text, s->length);
	error = error ?: user_write(name_at, name, name_length);
	error = error ?: user_write(random_at, random, sizeof(random));
	error = error ?: user_write(*sp, block, vectors);
	heap_free(block);
	return error;
}

static int exec_map_stack(struct mm *mm)
{
	struct mm_request r = { .addr = LAYOUT_STACK_TOP - LAYOUT_STACK_MAX,
				.length = LAYOUT_STACK_MAX, .fixed = true,
				.prot = PROT_READ | PROT_WRITE };
	int64_t addr = mm_map(mm, &r);

	return addr < 0 ? (int)addr : 0;
}

/* The new program's descriptors are its own. */
static int exec_unshare_files(struct proc *proc)
{
	struct fd_table *table;

	if (proc->files->users == 1)
		return 0;
	table = fds_copy(proc->files);
	if (!table)
		return -ENOMEM;
	fds_release(&proc->held);
	fds_put(proc->files);
	proc->files = table;
	return 0;
}

/* The point of no return has passed: 0 or an error that kills. */
static int exec_begin(const struct exec_strings *s, const struct elf_image *image,
		      const char *name)
{
	struct proc *proc = proc_current;
	struct trap_frame *frame = proc_frame(proc);
	const char *last = name;
	uint64_t sp = 0;
	int error = 0;

	for (size_t i = 0; i < image->tail_count && !error; i++)
		error = user_clear(image->tails[i].start, image->tails[i].length);
	error = error ?: exec_build_stack(s, image, name, &sp);
	if (error)
		return error;
	trap_frame_begin(frame);
	frame->sepc = image->entry;
	frame->iret.sp = sp;
	error = signal_exec(proc) ?: exec_unshare_files(proc);
	if (error)
		return error;
	proc->did_exec = true;
	fds_exec(proc->files);
	proc->clear_tid = proc->robust_list = 0;
	for (const char *p = name; *p; p++)
		if (*p == '/')
			last = p + 1;
	string_copy(proc->name, last, sizeof(proc->name));
	vfork_done(proc);
	return 0;
}

static bool exec_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * The words of "#! interpreter argument", cut out of the line, which has room for a NUL. The
 * argument is all that follows, but for blanks before the newline; NULL: none. False if there is
 * no interpreter, or it goes on behind what is looked at.
 */
static bool exec_script_words(char *line, size_t length, char **interpreter, char **argument)
{
	bool full = length == EXEC_SCRIPT_LINE, whole = !full;
	char *p = line + 2, *end;

	line[full ? length - 1 : length] = '\0';
	end = strchr(line, '\n');
	if (end)
		whole = true;
	for (end = end ? end : full ? line + strlen(line) : NULL;
	     end && end > p && exec_is_blank(end[-1]); end--)
		whole = true;
	if (end)
		*end = '\0';
	while (exec_is_blank(*p))
		p++;
	*interpreter = p;
	*argument = NULL;
	while (*p && !exec_is_blank(*p))
		p++;
	if (*p) {
		*p++ = '\0';
		while (exec_is_blank(*p))
			p++;
		*argument = p;
		whole = true;
	}
	return **interpreter && whole;
}

/* Interpreter and argument are put in front of the arguments. 1: it was a script. */
static int exec_script(struct exec_strings *s, struct inode *inode, char *name)
{
	char line[EXEC_SCRIPT_LINE + 1], *interpreter, *argument;
	struct exec_strings old = *s;
	ssize_t length = inode_read(inode, 0, line, EXEC_SCRIPT_LINE);
	size_t skip;
	int error;

	if (length < 2 || line[0] != '#' || line[1] != '!')
		return 0;
	if (!exec_script_words(line, (size_t)length, &interpreter, &argument))
		return -ENOEXEC;
	*s = (struct exec_strings){ .argc = MAX(old.argc, 1UL) + 1 + (argument != NULL),
				    .envc = old.envc };
	skip = old.argc ? strlen(old.text) + 1 : 0;
	error = exec_add(s, interpreter);
	error = error ?: argument ? exec_add(s, argument) : 0;
	error = error ?: exec_add(s, name);
	error = error ?: exec_reserve(s, old.length);
	if (!error && old.length > skip) {
		memcpy(s->text + s->length, old.text + skip, old.length - skip);
		s->length += old.length - skip;
	}
	heap_free(old.text);
	string_copy(name, interpreter, PATH_MAX);
	return error ?: 1;
}

static int exec_open(const char *name, struct path *path)
{
	struct inode *inode;
	int error = path_find(NULL, name, true, path);

	if (error)
		return error;
	inode = path->dentry->inode;
	if (inode_is_regular(inode) && (inode->mode & 0111) && !(path->mount->flags & MS_NOEXEC))
		return 0;
	path_put(path);
	return -EACCES;
}

/* The program behind name, which a script changes to its interpreter; with a user of *path. */
static int exec_find(char *name, struct exec_strings *s, struct path *path)
{
	for (int depth = 0; depth <= EXEC_SCRIPT_DEPTH; depth++) {
		int error = exec_open(name, path);

		if (error)
			return error;
		error = exec_script(s, path->dentry->inode, name);
		if (!error)
			return 0;
		path_put(path);
		if (error < 0)
			return error;
	}
	return -ELOOP;
}

/* name: a buffer of PATH_MAX bytes, which a script changes. */
static int exec_run(char *name, struct exec_strings *s)
{
	struct elf_image image;
	struct path path, old;
	struct mm *mm;
	int error = exec_find(name, s, &path);

	if (error)
		return error;
	mm = mm_new();
	error = mm ? elf_load(mm, path.dentry->inode, &image) : -ENOMEM;
	error = error ?: exec_map_stack(mm);
	if (error) {
		path_put(&path);
		if (mm)
			mm_put(mm);
		return error;
	}
	error = thread_become_alone();
	if (error) {
		path_put(&path);
		mm_put(mm);
		return error;
	}
	old = proc_current->exe;
	proc_current->exe = path;
	path_put(&old);
	proc_set_mm(proc_current, mm);
	if (exec_begin(s, &image, name)) {
		heap_free(s->text);
		heap_free(name);
		proc_exit_group(SIGKILL);
	}
	return 0;
}

int exec_kernel(const char *path, char *const argv[], char *const envp[])
{
	struct exec_strings s = { 0 };
	char *name = heap_alloc(PATH_MAX);
	int error = name ? 0 : -ENOMEM;

	for (; !error && argv[s.argc]; s.argc++)
		error = exec_add(&s, argv[s.argc]);
	for (; !error && envp[s.envc]; s.envc++)
		error = exec_add(&s, envp[s.envc]);
	if (!error) {
		string_copy(name, path, PATH_MAX);
		error = exec_run(name, &s);
	}
	heap_free(s.text);
	heap_free(name);
	return error;
}

int exec_user(uint64_t path, uint64_t argv, uint64_t envp)
{
	struct exec_strings s = { 0 };
	char *name = heap_alloc(PATH_MAX);
	ssize_t length;
	int error = -ENOMEM;

	if (name) {
		length = user_read_string(name, path, PATH_MAX);
		error = length < 0 ? (int)length : length == 0 ? -ENOENT : 0;
	}
	error = error ?: exec_add_user_list(&s, argv, &s.argc);
	error = error ?: exec_add_user_list(&s, envp, &s.envc);
	error = error ?: exec_run(name, &s);
	heap_free(s.text);
	heap_free(name);
	return error;
}
