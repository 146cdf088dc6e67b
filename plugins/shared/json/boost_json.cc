// Boost.JSON is compiled here, once for all plugins that link this library.
#include <boost/json/src.hpp>
