"""Machine code of the kernels for this processor, made from LLVM's bitcode and kept on disk."""
