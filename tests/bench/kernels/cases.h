// What thread_cases.cpp gives to cases.cpp.
#pragma once

#include "kernels/team.h"

/// Who computes the cases; one thread unless somebody sets it.
extern edgy::kernels::Threads case_threads;
