#include "CIntrinsics.h"

#include <malloc.h>

void toklab_return_freed(void) { malloc_trim(0); }
