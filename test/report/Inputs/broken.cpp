#include "missing.h"
int whole;
