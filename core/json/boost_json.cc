// Boost.JSON is compiled here, once for this folder.
#include <boost/json/src.hpp>
