"""The names that matter: import roots, packages, parts of frameworks, and words in other files."""

from __future__ import annotations

FRAMEWORKS = {
    "pytorch": "PyTorch",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "jax": "JAX",
    "transformers": "Transformers",
    "sklearn": "scikit-learn",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
    "onnx": "ONNX",
    "litert": "LiteRT",
    "runtimes": "other runtimes",
}
DEEP = ("pytorch", "tensorflow", "keras", "jax")
"""The ones that a decision is about."""

_IMPORTS = {
    "pytorch": """torch torchvision torchaudio torchtext torchdata torchmetrics torchinfo torchsummary functorch
        lightning pytorch_lightning lightning_fabric torch_xla torch_geometric torchtune torchao torchrl executorch
        diffusers timm fastai accelerate peft trl deepspeed xformers flash_attn bitsandbytes detectron2 mmcv mmdet
        mmengine ultralytics sentence_transformers segmentation_models_pytorch monai kornia skorch ignite gpytorch
        botorch pyro kaolin pytorch3d torchserve triton vllm sglang""",
    "tensorflow": """tensorflow tensorflow_hub tensorflow_addons tensorflow_text tensorflow_probability
        tensorflow_model_optimization tensorflow_transform tensorflow_data_validation tensorflow_model_analysis
        tensorflow_serving tensorflow_federated tensorflow_decision_forests tensorflow_recommenders
        tensorflow_ranking tensorflow_io tensorflow_gnn tensorflow_privacy tensorflow_quantum tensorflow_similarity
        tensorflow_graphics tensorflowjs tfx tfx_bsl tf_keras tf_slim tf_agents tflearn tf2onnx""",
    "keras": """keras keras_core keras_cv keras_nlp keras_hub keras_tuner kerastuner keras_contrib
        keras_applications keras_preprocessing autokeras""",
    "jax": "jax jaxlib flax haiku optax orbax equinox chex numpyro brax",
    "transformers": "transformers",
    "sklearn": "sklearn",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "onnx": "onnx onnxruntime onnxmltools skl2onnx optimum",
    "litert": "tflite_runtime ai_edge_litert ai_edge_torch",
    "runtimes": "tritonclient triton_python_backend_utils llama_cpp ctranslate2 openvino tensorrt ts kagglehub",
}
ROOTS = {root: framework for framework, roots in _IMPORTS.items() for root in roots.split()}
"""Import root -> framework."""

STEMS = tuple(
    stem.encode()
    for stem in [
        "torch",
        "tensorflow",
        "keras",
        "jax",
        "flax",
        "haiku",
        "optax",
        "orbax",
        "equinox",
        "chex",
        "numpyro",
        "brax",
        "lightning",
        "transformers",
        "diffusers",
        "timm",
        "fastai",
        "accelerate",
        "peft",
        "trl",
        "deepspeed",
        "xformers",
        "flash_attn",
        "bitsandbytes",
        "detectron2",
        "mmcv",
        "mmdet",
        "mmengine",
        "ultralytics",
        "segmentation_models",
        "monai",
        "kornia",
        "ignite",
        "pyro",
        "kaolin",
        "triton",
        "vllm",
        "sglang",
        "sklearn",
        "xgboost",
        "lightgbm",
        "catboost",
        "onnx",
        "optimum",
        "tflite",
        "ai_edge",
        "llama_cpp",
        "ctranslate2",
        "openvino",
        "tensorrt",
        "kagglehub",
        "tfx",
        "tf_slim",
        "tf_agents",
        "tflearn",
        "skorch",
        "executorch",
        "KERAS_BACKEND",
        "tfhub.dev",
    ]
)
"""A Python file without any of these is not parsed."""

PACKAGES = {
    **{root.replace("_", "-"): framework for root, framework in ROOTS.items() if root not in ("ts", "haiku")},
    "pytorch": "pytorch",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-macos": "tensorflow",
    "tensorflow-intel": "tensorflow",
    "tensorflow-rocm": "tensorflow",
    "tf-nightly": "tensorflow",
    "tf-models-official": "tensorflow",
    "tensorflow-serving-api": "tensorflow",
    "torch-model-archiver": "pytorch",
    "pytorch-cpu": "pytorch",
    "pytorch-gpu": "pytorch",
    "segmentation-models-pytorch": "pytorch",
    "dm-haiku": "jax",
    "orbax-checkpoint": "jax",
    "scikit-learn": "sklearn",
    "onnxruntime-gpu": "onnx",
    "tflite-runtime": "litert",
    "llama-cpp-python": "runtimes",
    "pyro-ppl": "pytorch",
    "flash-attn": "pytorch",
}
"""Name of a package on PyPI or conda, normalised -> framework."""

APIS: dict[str, tuple[str, str, str]] = {
    # id: framework, title, dotted names that begin with one of these
    "tf1_graph": (
        "tensorflow",
        "TensorFlow 1 sessions, placeholders and graphs",
        """tensorflow.Session tensorflow.InteractiveSession tensorflow.placeholder tensorflow.get_variable
        tensorflow.variable_scope tensorflow.global_variables_initializer tensorflow.initialize_all_variables
        tensorflow.get_default_graph tensorflow.reset_default_graph tensorflow.ConfigProto tensorflow.GPUOptions
        tensorflow.app tensorflow.flags tensorflow.layers tensorflow.losses tensorflow.contrib tensorflow.logging
        tensorflow.gfile tensorflow.python_io tensorflow.truncated_normal tensorflow.random_normal tf_slim tflearn
        tensorflow.train.AdamOptimizer tensorflow.train.GradientDescentOptimizer tensorflow.train.MomentumOptimizer
        tensorflow.train.RMSPropOptimizer tensorflow.train.AdagradOptimizer tensorflow.train.Saver
        tensorflow.train.MonitoredTrainingSession tensorflow.summary.FileWriter tensorflow.nn.dynamic_rnn
        tensorflow.nn.static_rnn tensorflow.python.framework.graph_util tensorflow.examples""",
    ),
    "tf1_compat": ("tensorflow", "TensorFlow 1 through compat.v1", "tensorflow.compat.v1"),
    "tf_estimator": (
        "tensorflow",
        "TensorFlow Estimators",
        "tensorflow.estimator tensorflow.compat.v1.estimator tensorflow_estimator tensorflow.feature_column",
    ),
    "tf_addons": ("tensorflow", "TensorFlow Addons (ended in May 2024)", "tensorflow_addons"),
    "tf_function": ("tensorflow", "tf.function", "tensorflow.function tensorflow.autograph"),
    "tf_gradient_tape": ("tensorflow", "gradient tapes", "tensorflow.GradientTape"),
    "tf_data": ("tensorflow", "tf.data pipelines", "tensorflow.data tensorflow.io"),
    "tf_distribute": ("tensorflow", "tf.distribute", "tensorflow.distribute"),
    "tf_saved_model": (
        "tensorflow",
        "SavedModel export and serving signatures",
        "tensorflow.saved_model tensorflow.compat.v1.saved_model tensorflow.keras.export tensorflow.TensorSpec",
    ),
    "tf_serving": ("tensorflow", "TensorFlow Serving", "tensorflow_serving"),
    "tfx": (
        "tensorflow",
        "TFX",
        "tfx tfx_bsl tensorflow_transform tensorflow_data_validation tensorflow_model_analysis",
    ),
    "tf_hub": ("tensorflow", "TensorFlow Hub", "tensorflow_hub"),
    "tf_lite": ("tensorflow", "TensorFlow Lite conversion or interpreter", "tensorflow.lite"),
    "tensorflow_js": ("tensorflow", "TensorFlow.js", "tensorflowjs"),
    "tf_custom_ops": (
        "tensorflow",
        "custom TensorFlow operators",
        "tensorflow.load_op_library tensorflow.load_library",
    ),
    "tf_keras": ("tensorflow", "Keras as tf.keras", "tensorflow.keras tensorflow.python.keras"),
    "tf_legacy_keras": ("tensorflow", "Keras 2 kept with tf-keras", "tf_keras"),
    "keras3": (
        "keras",
        "Keras 3 only",
        """keras.ops keras.random keras.distribution keras.dtype_policies keras.export keras.saving.KerasFileEditor
        keras.quantizers keras.Operation keras.KerasTensor keras_core keras_hub""",
    ),
    "keras_old": (
        "keras",
        "Keras before version 3 only",
        """keras.engine keras.legacy keras.utils.np_utils keras.utils.multi_gpu_model keras.layers.merge
        keras.layers.core keras.layers.convolutional keras.layers.recurrent keras.layers.normalization
        keras.layers.advanced_activations keras.layers.embeddings keras.layers.pooling keras.layers.wrappers
        keras.layers.CuDNNLSTM keras.layers.CuDNNGRU keras.wrappers keras.objectives keras.preprocessing.text
        keras.backend.tensorflow_backend keras.backend.get_session keras.backend.set_session keras_contrib
        keras.layers.Merge keras.layers.Convolution2D keras.applications.imagenet_utils keras_applications""",
    ),
    "keras": ("keras", "Keras imported by itself", "keras"),
    "keras_hub": ("keras", "KerasHub, KerasNLP or KerasCV", "keras_hub keras_nlp keras_cv"),
    "torchscript": (
        "pytorch",
        "TorchScript",
        """torch.jit.script torch.jit.trace torch.jit.trace_module torch.jit.save torch.jit.load
        torch.jit.freeze torch.jit.ScriptModule torch.jit.script_method torch.jit.optimize_for_inference
        torch.jit.script_if_tracing torch.jit.export""",
    ),
    "torch_compile": ("pytorch", "torch.compile", "torch.compile torch._dynamo"),
    "torch_export": ("pytorch", "torch.export", "torch.export executorch torch.onnx.dynamo_export"),
    "torch_onnx": ("pytorch", "ONNX export from PyTorch", "torch.onnx"),
    "torch_distributed": (
        "pytorch",
        "torch.distributed",
        "torch.distributed torch.nn.parallel deepspeed accelerate",
    ),
    "torch_quantization": (
        "pytorch",
        "PyTorch quantisation",
        "torch.quantization torch.ao.quantization torchao bitsandbytes",
    ),
    "torch_custom_ops": (
        "pytorch",
        "custom PyTorch operators",
        "torch.utils.cpp_extension torch.library torch.ops.load_library torch.autograd.Function",
    ),
    "triton_kernels": ("pytorch", "kernels in the Triton language", "triton"),
    "lightning": ("pytorch", "Lightning", "lightning pytorch_lightning lightning_fabric"),
    "diffusers": ("pytorch", "Diffusers", "diffusers"),
    "torchserve": ("pytorch", "TorchServe", "ts.torch_handler ts.context ts.handler_utils torchserve"),
    "llm_server": ("pytorch", "vLLM or SGLang", "vllm sglang"),
    "jax_nn": ("jax", "Flax, Haiku or Equinox", "flax haiku equinox"),
    "jax_pallas": ("jax", "Pallas kernels", "jax.experimental.pallas"),
    "transformers_torch": ("pytorch", "Transformers with PyTorch classes", ""),
    "transformers_tf": ("tensorflow", "Transformers with TensorFlow classes", ""),
    "transformers_flax": ("jax", "Transformers with Flax classes", ""),
    "from_pretrained": (
        "pytorch",
        "weights from the Hugging Face Hub",
        "timm.create_model sentence_transformers",
    ),
    "from_preset": ("keras", "weights of a Keras preset", ""),
    "kagglehub": ("runtimes", "weights from Kaggle", "kagglehub"),
    "triton_server": ("runtimes", "Triton Inference Server", "tritonclient triton_python_backend_utils"),
    "onnx_runtime": ("onnx", "ONNX Runtime", "onnxruntime optimum.onnxruntime"),
    "litert": ("litert", "the LiteRT interpreter", "tflite_runtime ai_edge_litert"),
    "llama_cpp": ("runtimes", "llama.cpp or CTranslate2", "llama_cpp ctranslate2"),
    "keras_backend": ("keras", "a choice of Keras's engine", ""),
    "libtorch": ("pytorch", "PyTorch from C++", ""),
    "tf_cpp": ("tensorflow", "TensorFlow from C or C++", ""),
    "mobile_litert": ("litert", "LiteRT in an app", ""),
    "mobile_executorch": ("pytorch", "ExecuTorch in an app", ""),
    "mobile_pytorch": ("pytorch", "PyTorch Mobile (ended)", ""),
}
PREFIXES = {name: api for api, (_, _, names) in APIS.items() for name in names.split()}
"""Dotted name -> part of a framework; the longest that fits counts."""

WORDS = {
    # in files that are not Python: a regular expression on bytes -> part of a framework
    "tf_serving": rb"tensorflow/serving\b|tensorflow[_-]model[_-]server\b",
    "torchserve": rb"\btorchserve\b|\btorch-model-archiver\b",
    "triton_server": rb"\btritonserver\b|\btensorrtserver\b",
    "llm_server": rb"vllm/vllm-openai|\bvllm serve\b|\bvllm\.entrypoints\b|lmsysorg/sglang|\bsglang\.launch_server\b",
    "tensorflow_js": rb"@tensorflow/tfjs\b",
    "onnx_runtime": rb"\bonnxruntime-(?:web|node|android|objc)\b|onnxruntime_cxx_api\.h|com\.microsoft\.onnxruntime",
    "mobile_litert": rb"org\.tensorflow:tensorflow-lite\b|TensorFlowLiteSwift|com\.google\.ai\.edge\.litert",
    "mobile_executorch": rb"org\.pytorch:executorch\b",
    "mobile_pytorch": rb"org\.pytorch:pytorch_android|LibTorch-Lite",
    "libtorch": rb"#\s*include\s*[<\"]torch/(?:script|torch)\.h|find_package\(\s*Torch\b",
    "torch_custom_ops": rb"#\s*include\s*[<\"]torch/extension\.h",
    "tf_custom_ops": rb"#\s*include\s*[<\"]tensorflow/core/framework/op",
    "tf_cpp": rb"#\s*include\s*[<\"]tensorflow/(?:c/c_api|cc/|core/public/session)",
    "llama_cpp": rb"#\s*include\s*[<\"]llama\.h|\bllama-server\b",
}
WORDS_IN_PYTHON = {
    "keras_backend": rb"\bKERAS_BACKEND\b",
    "tf_legacy_keras": rb"\bTF_USE_LEGACY_KERAS\b",
    "tf_hub": rb"https://(?:www\.)?tfhub\.dev/",
}
IMAGES = {
    r"(?:^|/)tensorflow/serving\b": ("tensorflow", "tensorflow-serving"),
    r"(?:^|/)tensorflow/tensorflow\b|(?:^|/)tensorflow[\w-]*(?::|$)": ("tensorflow", "tensorflow"),
    r"(?:^|/)pytorch/torchserve\b": ("pytorch", "torchserve"),
    r"(?:^|/)pytorch/pytorch\b|(?:^|/)pytorch[\w-]*(?::|$)": ("pytorch", "torch"),
    r"tritonserver": ("runtimes", "tritonserver"),
    r"vllm-openai|/sglang": ("pytorch", "vllm"),
    r"nvidia/jax\b": ("jax", "jax"),
}
"""Base image of a Dockerfile -> framework and package."""
