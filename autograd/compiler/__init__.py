"""From graphs to programs.

A graph of Values becomes a Trace of base primitives with its gradient (``tracing``), and that flat
``code``, which ``program`` runs on rows of data. Three backends read the same table of primitives:
Python (``python`` and ``rows``), JavaScript (``javascript``) and LLVM: ``rolling`` finds the loops,
``layout`` says where each number lives, ``loops`` and ``llvm`` write the text with ``ir``, ``jit``
makes it machine code, and ``native`` runs that on arrays.
"""
