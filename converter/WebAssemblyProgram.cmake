# The command as WebAssembly for Node: edgy.mjs, which reads and writes the files of the machine, and edgy.wasm.
target_sources(edgy PRIVATE cli/training_commands_wasm.cpp)
set_target_properties(edgy PROPERTIES OUTPUT_NAME edgy-converter SUFFIX .mjs)
target_link_options(edgy PRIVATE
  -O2 -sMODULARIZE=1 -sEXPORT_ES6=1 -sENVIRONMENT=node -sNODERAWFS=1 -sEXIT_RUNTIME=1 -sDYNAMIC_EXECUTION=0
  -sINCOMING_MODULE_JS_API=arguments,thisProgram
  # What natively throws throws here: no memory is an exception, and a stack as deep as a main thread's.
  -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sINITIAL_MEMORY=32MB -sABORTING_MALLOC=0 -sSTACK_SIZE=8MB)
