def html(result):
    return ""
