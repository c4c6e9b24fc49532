// Which file a fault in a mapping belongs to. Reading a page behind the end of a file that became shorter is SIGBUS, in the
// thread that reads (mmap(2)); the handler may only do what signal-safety(7) lists, so it leaves the file's name, wakes
// the thread that waits for signals, and stays where it is.
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "CIntrinsics.h"

enum { SLOTS = 1024 };

struct slot {
  atomic_uintptr_t start;  // 0: free; 1: being filled
  size_t size;
  const char *name;
};

static struct slot slots[SLOTS];
static _Atomic(const char *) short_file;
static struct sigaction before;
static int wake;

int toklab_note_mapping(const void *start, size_t size, const char *name) {
  for (int i = 0; i < SLOTS; i++) {
    uintptr_t expected = 0;
    if (!atomic_compare_exchange_strong(&slots[i].start, &expected, 1)) continue;
    slots[i].size = size;
    slots[i].name = name;
    atomic_store(&slots[i].start, (uintptr_t)start);
    return i;
  }
  return -1;
}

void toklab_forget_mapping(int slot) {
  if (slot >= 0) atomic_store(&slots[slot].start, 0);
}

const char *toklab_short_file(void) { return atomic_load(&short_file); }

static void on_fault(int number, siginfo_t *info, void *context) {
  (void)context;
  uintptr_t address = (uintptr_t)info->si_addr;
  for (int i = 0; i < SLOTS; i++) {
    uintptr_t start = atomic_load(&slots[i].start);
    if (start <= 1 || address < start || address - start >= slots[i].size) continue;
    const char *none = 0;
    atomic_compare_exchange_strong(&short_file, &none, slots[i].name);
    kill(getpid(), wake);
    for (;;) pause();
  }
  // Not ours: the fault comes again, and meets what was there before.
  sigaction(number, &before, 0);
}

void toklab_catch_short_files(int signal_to_raise) {
  struct sigaction action = {0};
  wake = signal_to_raise;
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &before);
}
