// The compiled part of Asio's TLS support, of which we use the error category.
#include <boost/asio/ssl/impl/src.hpp>
