// How many builds a machine takes on while its memory is short.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ns::host {

// Of the kernel's pressure stall information (Documentation/accounting/psi.rst): the share of the
// last ten seconds, in percent, in which some task waited for memory. Nothing: the text is none.
std::optional<double> SomeAverage10(std::string_view text);

// The share of now; nothing where the kernel does not tell.
std::optional<double> MemoryPressure();

// Slots of a builder that has `concurrency`: one alone while the pressure is at `limit` or above,
// so that what runs comes to its end and nothing new makes it worse; one is always left, or nothing
// would ever be built. `limit` 0: pressure does not matter.
int SlotsUnder(std::optional<double> pressure, int limit, int concurrency);

}  // namespace ns::host
