// Each method on each engine: what comes out is the same.
#include <map>

#include "engine_test.h"

namespace ns::engines {
namespace {

// A job on an engine; the parameter of the tests is not used.
class Job : public EngineTest {};

}  // namespace
}  // namespace ns::engines
