// Owns the precompiled headers of all tests, see cmake/tests.cmake.
int main() {}
