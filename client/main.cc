#include <cstdlib>

#include "client/application.h"
#include "client/interrupt.h"

int main(int argc, char** argv) {
  using namespace modlab::client;
  setenv("GRPC_VERBOSITY", "NONE", 0);  // what goes wrong is said by us, once
  InstallInterrupts();
  return static_cast<int>(RunApplication(argc, argv, ProcessEnvironment()));
}
